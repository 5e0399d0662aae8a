//! Lowering of a region to Cranelift's IR.
//!
//! A guard ends the Cranelift block; its exit block is cold, stores the snapshot's values raw to the exit buffer
//! and returns the exit's status. Constants and absolute addresses are materialised where used: no relocations.

use crate::checks::{Deferred, Pending};
use crate::exits::{ExitInfo, describe};
use cranelift_codegen::ir::condcodes::{FloatCC, IntCC};
use cranelift_codegen::ir::{
    self, AbiParam, ArgumentExtension, BlockArg, Function, InstBuilder, MemFlagsData, Signature,
    UserFuncName, types,
};
use cranelift_codegen::isa::{CallConv, TargetIsa};
use cranelift_frontend::{FunctionBuilder, FunctionBuilderContext};
use pyrs_jit_ir::analysis::Cfg;
use pyrs_jit_ir::context::{self, offsets};
use pyrs_jit_ir::encoding as enc;
use pyrs_jit_ir::ops::{Op, Type};
use pyrs_jit_ir::region::{
    BlockId, Edge, ExitId, Imm, Inst, Mem, MemType, Region, Terminator, ValueId,
};
use pyrs_jit_ir::tables::{Append, Helper, Raises};
use rustc_hash::FxHashMap as HashMap;

fn clif_type(ty: Type) -> ir::Type {
    match ty {
        Type::F64 => types::F64,
        Type::Bool => types::I8,
        _ => types::I64,
    }
}

fn abi(ty: Type) -> AbiParam {
    let mut p = AbiParam::new(clif_type(ty));
    if ty == Type::Bool {
        p.extension = ArgumentExtension::Uext;
    }
    p
}

/// The signature of every region: `(registers, context) -> status`.
fn entry_signature(conv: CallConv) -> Signature {
    let mut sig = Signature::new(conv);
    sig.params = vec![AbiParam::new(types::I64), AbiParam::new(types::I64)];
    sig.returns = vec![AbiParam::new(types::I64)];
    sig
}

/// A tree of the value lists of all exits.
struct Prefixes {
    nodes: Vec<Prefix>,
    next: HashMap<(usize, ValueId), usize>,
}
struct Prefix {
    value: ValueId,
    parent: usize,
    depth: usize,
    /// Exits whose list goes through here.
    ends: usize,
}
impl Default for Prefixes {
    fn default() -> Prefixes {
        let root = Prefix {
            value: ValueId(0),
            parent: 0,
            depth: 0,
            ends: 0,
        };
        Prefixes {
            nodes: vec![root],
            next: HashMap::default(),
        }
    }
}
impl Prefixes {
    /// Adds a list; the node of its last value.
    fn insert(&mut self, values: &[ValueId]) -> usize {
        let mut node = 0;
        for (depth, v) in values.iter().enumerate() {
            node = *self.next.entry((node, *v)).or_insert_with(|| {
                self.nodes.push(Prefix {
                    value: *v,
                    parent: node,
                    depth: depth + 1,
                    ends: 0,
                });
                self.nodes.len() - 1
            });
            self.nodes[node].ends += 1;
        }
        node
    }
}

pub(crate) struct Lower<'a, 'b> {
    pub(crate) region: &'a Region,
    pub(crate) b: FunctionBuilder<'b>,
    conv: CallConv,
    values: Vec<Option<ir::Value>>,
    blocks: Vec<Option<ir::Block>>,
    pub(crate) consts: HashMap<ValueId, u64>,
    /// Checks of the block that have no branch yet.
    pub(crate) pending: Pending,
    /// How often values are used by instructions and edges.
    pub(crate) uses: Vec<u32>,
    /// Whether the block that is being lowered is cold.
    cold: bool,
    /// Results of indexed loads.
    items: Vec<bool>,
    /// Sums of a value and a small number.
    sums: HashMap<ValueId, (ValueId, i32)>,
    regs: ir::Value,
    ctx: ir::Value,
    exit_blocks: Vec<(ir::Block, ExitId)>,
    cold_deallocs: Vec<(ir::Block, ir::Value, ir::Block, Option<ExitId>)>,
    cold_returns: Vec<(ir::Block, ir::Value, ir::Block)>,
    exits: Vec<Option<ExitInfo>>,
    /// The last exit that was lowered: what a call without one of its own is nearest to.
    nearest: Option<ExitId>,
    /// Exits that calls are marked with.
    marked: Vec<ExitId>,
    cells: HashMap<u32, u64>,
}

/// A region in Cranelift's IR.
pub(crate) struct LoweredRegion {
    pub(crate) func: Function,
    /// The description of each exit that it uses.
    pub(crate) exits: Vec<Option<ExitInfo>>,
    /// The cells of the regions that it calls, by the mark of the call.
    pub(crate) cells: HashMap<u32, u64>,
}

/// Lowers `region`.
pub(crate) fn lower(
    region: &Region,
    isa: &dyn TargetIsa,
    fctx: &mut FunctionBuilderContext,
) -> Result<LoweredRegion, String> {
    let cfg = Cfg::new(region);
    let conv = isa.default_call_conv();
    let mut func =
        Function::with_name_signature(UserFuncName::user(0, region.id), entry_signature(conv));
    let mut b = FunctionBuilder::new(&mut func, fctx);
    let mut blocks = vec![None; region.blocks.len()];
    let mut values = vec![None; region.values.len()];
    for &id in &cfg.order {
        let block = b.create_block();
        blocks[id.index()] = Some(block);
        if region.block(id).cold {
            b.set_cold_block(block);
        }
        for p in &region.block(id).params {
            values[p.index()] = Some(b.append_block_param(block, clif_type(region.ty(*p))));
        }
    }
    let entry = blocks[0].ok_or("no entry")?;
    b.append_block_params_for_function_params(entry);
    let (regs, ctx) = (b.block_params(entry)[0], b.block_params(entry)[1]);
    let consts: HashMap<ValueId, u64> = cfg
        .order
        .iter()
        .flat_map(|id| region.block(*id).insts.iter())
        .filter(|i| i.op.is_const())
        .filter_map(|i| i.result.map(|r| (r, i.imm.int())))
        .collect();
    let mut items = vec![false; region.values.len()];
    let mut uses = vec![0; region.values.len()];
    for b in cfg.order.iter().map(|id| region.block(*id)) {
        let edges = b.term.edges().into_iter().map(|e| &e.args);
        let all = b.insts.iter().map(|i| &i.args).chain(edges);
        all.flatten().for_each(|v| uses[v.index()] += 1);
    }
    let mut sums = HashMap::default();
    for i in cfg.order.iter().flat_map(|id| &region.block(*id).insts) {
        match (i.op, i.result) {
            (Op::LoadIdx, Some(r)) => items[r.index()] = true,
            (Op::INarrow, Some(r)) => {
                let sum = sums.get(&i.args[0]).copied().unwrap_or((i.args[0], 0));
                sums.insert(r, sum);
            }
            (Op::IAdd, Some(r)) => {
                let (first, so_far) = sums.get(&i.args[0]).copied().unwrap_or((i.args[0], 0));
                let more = consts.get(&i.args[1]).map(|n| *n as i64);
                let sum = more.and_then(|n| i32::try_from(n).ok()?.checked_add(so_far));
                if let Some(n) = sum.filter(|n| n.unsigned_abs() < 1 << 24) {
                    sums.insert(r, (first, n));
                }
            }
            _ => {}
        }
    }
    let mut lw = Lower {
        region,
        b,
        conv,
        values,
        blocks,
        consts,
        pending: Pending::default(),
        uses,
        cold: false,
        items,
        sums,
        regs,
        ctx,
        exit_blocks: Vec::new(),
        cold_deallocs: Vec::new(),
        cold_returns: Vec::new(),
        exits: vec![None; region.exits.len()],
        nearest: None,
        marked: Vec::new(),
        cells: HashMap::default(),
    };
    for &id in &cfg.order {
        lw.block(id)?;
    }
    lw.finish_cold()?;
    let (exits, cells) = (std::mem::take(&mut lw.exits), std::mem::take(&mut lw.cells));
    lw.b.seal_all_blocks();
    lw.b.finalize(isa.frontend_config());
    Ok(LoweredRegion { func, exits, cells })
}

impl Lower<'_, '_> {
    fn flags() -> MemFlagsData {
        MemFlagsData::trusted()
    }
    pub(crate) fn iconst(&mut self, n: u64) -> ir::Value {
        self.b.ins().iconst(types::I64, n as i64)
    }
    pub(crate) fn val(&mut self, v: ValueId) -> Result<ir::Value, String> {
        if let Some(&bits) = self.consts.get(&v) {
            return Ok(match self.region.ty(v) {
                Type::F64 => self.b.ins().f64const(f64::from_bits(bits)),
                Type::Bool => self.b.ins().iconst(types::I8, bits as i64),
                _ => self.iconst(bits),
            });
        }
        self.values[v.index()].ok_or_else(|| format!("{v} is used before it is lowered"))
    }
    pub(crate) fn icmp(&mut self, cc: IntCC, a: ir::Value, n: u64) -> ir::Value {
        let n = self.iconst(n);
        self.b.ins().icmp(cc, a, n)
    }
    /// Where the block that is being lowered goes on.
    pub(crate) fn next_block(&mut self) -> ir::Block {
        let block = self.b.create_block();
        if self.cold {
            self.b.set_cold_block(block);
        }
        block
    }
    /// Leaves to `bad` when `ok` is false, goes on in a new block otherwise.
    pub(crate) fn check(&mut self, ok: ir::Value, bad: ir::Block) {
        let go_on = self.next_block();
        self.b.ins().brif(ok, go_on, &[], bad, &[]);
        self.b.switch_to_block(go_on);
    }
    pub(crate) fn check_not(&mut self, wrong: ir::Value, bad: ir::Block) {
        let go_on = self.next_block();
        self.b.ins().brif(wrong, bad, &[], go_on, &[]);
        self.b.switch_to_block(go_on);
    }
    fn exit_block(&mut self, x: ExitId) -> ir::Block {
        let block = self.b.create_block();
        self.b.set_cold_block(block);
        self.exit_blocks.push((block, x));
        block
    }
    fn edge(&mut self, e: &Edge) -> Result<(ir::Block, Vec<BlockArg>), String> {
        let block = self.blocks[e.block.index()].ok_or("edge to an unreachable block")?;
        let args: Result<Vec<_>, String> = e
            .args
            .iter()
            .map(|a| self.val(*a).map(BlockArg::Value))
            .collect();
        Ok((block, args?))
    }

    fn block(&mut self, id: BlockId) -> Result<(), String> {
        let block = self.blocks[id.index()].ok_or("unreachable block")?;
        self.b.switch_to_block(block);
        let source = self.region.block(id);
        self.cold = source.cold;
        let last = source.insts.len().wrapping_sub(1);
        let mut pads = Vec::new();
        for (i, inst) in source.insts.iter().enumerate() {
            let mut bridge = None;
            self.nearest = inst.exit.or(self.nearest);
            let bad = match (&source.term, inst.exit) {
                (Terminator::Bridge(_, fail), Some(_)) if i == last => {
                    // The failing path starts in a block of its own so that its arguments are evaluated there.
                    let pad = self.b.create_block();
                    if self.region.block(fail.block).cold {
                        self.b.set_cold_block(pad);
                    }
                    bridge = Some((pad, fail.clone()));
                    Some(pad)
                }
                (_, Some(x)) => Some(self.exit_block(x)),
                _ => None,
            };
            let r = match self.defer((id, i), inst, bad)? {
                Deferred::No => self.inst(inst, bad)?,
                Deferred::Lowered(r) => r,
                Deferred::Unused => continue,
            };
            if let Some(v) = inst.result
                && !inst.op.is_const()
            {
                self.values[v.index()] =
                    Some(r.ok_or_else(|| format!("{} gave no value", inst.op))?);
            }
            pads.extend(bridge);
        }
        self.flush();
        match &source.term {
            Terminator::Open => return Err(format!("{id} is not finished")),
            Terminator::Jump(e) | Terminator::Bridge(e, _) => {
                let (to, args) = self.edge(e)?;
                self.b.ins().jump(to, &args);
            }
            Terminator::Branch(c, yes, no) => {
                let c = self.val(*c)?;
                let (y, ya) = self.edge(yes)?;
                let (n, na) = self.edge(no)?;
                self.b.ins().brif(c, y, &ya, n, &na);
            }
            Terminator::Exit(x) => {
                let block = self.exit_block(*x);
                self.b.ins().jump(block, &[]);
            }
            Terminator::Return(v) => {
                let v = self.val(*v)?;
                self.b
                    .ins()
                    .store(Self::flags(), v, self.ctx, offsets::RESULT);
                let status = self.iconst(context::RETURNED);
                self.b.ins().return_(&[status]);
            }
        }
        for (pad, fail) in pads {
            self.b.switch_to_block(pad);
            let (to, args) = self.edge(&fail)?;
            self.b.ins().jump(to, &args);
        }
        Ok(())
    }

    /// Exit blocks and deallocation calls, after all else.
    fn finish_cold(&mut self) -> Result<(), String> {
        self.finish_exits()?;
        for (block, status, bad) in std::mem::take(&mut self.cold_returns) {
            self.b.switch_to_block(block);
            let mut sig = Signature::new(self.conv);
            sig.params = vec![AbiParam::new(types::I64); 2];
            let sig = self.b.import_signature(sig);
            let handler =
                self.b
                    .ins()
                    .load(types::I64, Self::flags(), self.ctx, offsets::DEOPT_CALLEE);
            self.b
                .ins()
                .call_indirect(sig, handler, &[self.ctx, status]);
            self.b.ins().jump(bad, &[]);
        }
        for (block, object, back, exit) in std::mem::take(&mut self.cold_deallocs) {
            self.b.switch_to_block(block);
            self.nearest = exit;
            let mut sig = Signature::new(self.conv);
            sig.params.push(AbiParam::new(types::I64));
            let sig = self.b.import_signature(sig);
            let f = self.iconst(self.region.statics.dealloc);
            self.mark(None);
            self.b.ins().call_indirect(sig, f, &[object]);
            self.unmark();
            self.b.ins().jump(back, &[]);
        }
        for x in std::mem::take(&mut self.marked) {
            let known = &mut self.exits[x.index()];
            if known.is_none() {
                // The code has no way there, but a call that is next to it.
                let described = describe(self.region, &self.region.exits[x.index()], &self.consts);
                *known = described.ok().map(|(info, _)| info);
            }
        }
        Ok(())
    }

    /// Exits store the values of their snapshots. Those of outer frames are the same for many: what exits have in common
    /// from the first value on is stored by one block that they go on to.
    fn finish_exits(&mut self) -> Result<(), String> {
        let exits = std::mem::take(&mut self.exit_blocks);
        let mut tree = Prefixes::default();
        let mut ends = Vec::with_capacity(exits.len());
        for (_, x) in &exits {
            let (info, stored) =
                describe(self.region, &self.region.exits[x.index()], &self.consts)?;
            self.exits[x.index()] = Some(info);
            ends.push(tree.insert(&stored));
        }
        let mut shared: HashMap<usize, ir::Block> = HashMap::default();
        let mut work: Vec<usize> = Vec::new();
        for ((block, x), end) in exits.into_iter().zip(ends) {
            self.b.switch_to_block(block);
            for s in &self.region.exits[x.index()].stores {
                let (base, value) = (self.val(s.base)?, self.val(s.value)?);
                self.store(base, value, s.mem);
            }
            let status = self.iconst(context::exit_status(self.region.id, x.0));
            self.store_prefix(&tree, end, status, &mut shared, &mut work)?;
        }
        while let Some(node) = work.pop() {
            self.b.switch_to_block(shared[&node]);
            let status = self.b.block_params(shared[&node])[0];
            self.store_prefix(&tree, node, status, &mut shared, &mut work)?;
        }
        Ok(())
    }
    /// Stores the values from `node` on up to where others share them, goes on there or returns.
    fn store_prefix(
        &mut self,
        tree: &Prefixes,
        mut node: usize,
        status: ir::Value,
        shared: &mut HashMap<usize, ir::Block>,
        work: &mut Vec<usize>,
    ) -> Result<(), String> {
        let first = node;
        while node != 0 {
            let n = &tree.nodes[node];
            // One or two stores are no longer than the way to a block that has them.
            if node != first && n.ends > tree.nodes[first].ends && n.depth > 2 {
                let block = *shared.entry(node).or_insert_with(|| {
                    work.push(node);
                    let block = self.b.create_block();
                    self.b.append_block_param(block, types::I64);
                    self.b.set_cold_block(block);
                    block
                });
                self.b.ins().jump(block, &[BlockArg::Value(status)]);
                return Ok(());
            }
            let v = self.val(n.value)?;
            let at = offsets::EXIT_BUFFER + 8 * (n.depth as i32 - 1);
            self.b.ins().store(Self::flags(), v, self.ctx, at);
            node = n.parent;
        }
        self.b.ins().return_(&[status]);
        Ok(())
    }

    fn load(&mut self, base: ir::Value, m: Mem) -> ir::Value {
        let f = Self::flags();
        match m.ty {
            MemType::U8 => self.b.ins().uload8(types::I64, f, base, m.offset),
            MemType::I8 => self.b.ins().sload8(types::I64, f, base, m.offset),
            MemType::U16 => self.b.ins().uload16(types::I64, f, base, m.offset),
            MemType::I16 => self.b.ins().sload16(types::I64, f, base, m.offset),
            MemType::U32 => self.b.ins().uload32(f, base, m.offset),
            MemType::I32 => self.b.ins().sload32(f, base, m.offset),
            MemType::F64 => self.b.ins().load(types::F64, f, base, m.offset),
            _ => self.b.ins().load(types::I64, f, base, m.offset),
        }
    }
    fn store(&mut self, base: ir::Value, v: ir::Value, m: Mem) {
        let f = Self::flags();
        match m.ty {
            MemType::U8 | MemType::I8 => self.b.ins().istore8(f, v, base, m.offset),
            MemType::U16 | MemType::I16 => self.b.ins().istore16(f, v, base, m.offset),
            MemType::U32 | MemType::I32 => self.b.ins().istore32(f, v, base, m.offset),
            _ => self.b.ins().store(f, v, base, m.offset),
        };
    }
    fn indexed(&mut self, base: ir::Value, index: ir::Value, m: Mem) -> ir::Value {
        let shift = self.iconst(u64::from(m.ty.size().trailing_zeros()));
        let scaled = self.b.ins().ishl(index, shift);
        self.b.ins().iadd(base, scaled)
    }
    fn is_ptr(&mut self, v: ir::Value) -> ir::Value {
        let one = self.iconst(1);
        let less = self.b.ins().isub(v, one);
        self.icmp(IntCC::UnsignedLessThan, less, enc::POINTER_LIMIT - 1)
    }
    fn is_float(&mut self, v: ir::Value) -> ir::Value {
        let off = self.iconst(enc::DOUBLE_OFFSET);
        let less = self.b.ins().isub(v, off);
        self.icmp(
            IntCC::UnsignedLessThan,
            less,
            enc::INT_TAG - enc::DOUBLE_OFFSET,
        )
    }
    fn box_int(&mut self, n: ir::Value) -> ir::Value {
        let mask = self.iconst(enc::INT_MASK);
        let tag = self.iconst(enc::INT_TAG);
        let low = self.b.ins().band(n, mask);
        self.b.ins().bor(low, tag)
    }
    fn unbox_int(&mut self, v: ir::Value) -> ir::Value {
        let s = self.iconst(u64::from(64 - enc::INT_BITS));
        let up = self.b.ins().ishl(v, s);
        self.b.ins().sshr(up, s)
    }
    fn bits(&mut self, f: ir::Value) -> ir::Value {
        self.b.ins().bitcast(types::I64, MemFlagsData::new(), f)
    }
    fn float(&mut self, bits: ir::Value) -> ir::Value {
        self.b.ins().bitcast(types::F64, MemFlagsData::new(), bits)
    }

    fn count(&mut self, v: ir::Value, ty: Type, up: bool) {
        let done = self.b.create_block();
        if ty == Type::Boxed {
            let p = self.is_ptr(v);
            let work = self.b.create_block();
            self.b.ins().brif(p, work, &[], done, &[]);
            self.b.switch_to_block(work);
        }
        let n = self
            .b
            .ins()
            .load(types::I64, Self::flags(), v, enc::REFCOUNT_OFFSET);
        let one = self.iconst(1);
        let n = if up {
            self.b.ins().iadd(n, one)
        } else {
            self.b.ins().isub(n, one)
        };
        self.b
            .ins()
            .store(Self::flags(), n, v, enc::REFCOUNT_OFFSET);
        if up {
            self.b.ins().jump(done, &[]);
        } else {
            let cold = self.b.create_block();
            self.b.set_cold_block(cold);
            self.cold_deallocs.push((cold, v, done, self.nearest));
            self.b.ins().brif(n, done, &[], cold, &[]);
        }
        self.b.switch_to_block(done);
    }

    fn append(&mut self, f: &Append, list: ir::Value, item: ir::Value) -> Result<(), String> {
        let (fast, slow, done) = (
            self.b.create_block(),
            self.b.create_block(),
            self.b.create_block(),
        );
        self.b.set_cold_block(slow);
        let word = |c: &mut Self, at| c.b.ins().load(types::I64, Self::flags(), list, at);
        let (size, room, flags) = (word(self, f.size), word(self, f.room), word(self, f.flags));
        let special = self.iconst(f.special);
        let special = self.b.ins().band(flags, special);
        let zero = self.iconst(0);
        let plain = self.b.ins().icmp(IntCC::Equal, special, zero);
        let fits = self.b.ins().icmp(IntCC::SignedLessThan, size, room);
        let both = self.b.ins().band(plain, fits);
        self.b.ins().brif(both, fast, &[], slow, &[]);
        self.b.switch_to_block(fast);
        let items = word(self, f.items);
        let three = self.iconst(3);
        let at = self.b.ins().ishl(size, three);
        let at = self.b.ins().iadd(items, at);
        self.b.ins().store(Self::flags(), item, at, 0);
        let one = self.iconst(1);
        let more = self.b.ins().iadd(size, one);
        self.b.ins().store(Self::flags(), more, list, f.size);
        self.b.ins().jump(done, &[]);
        self.b.switch_to_block(slow);
        let tables = self.region.tables.clone();
        self.call(tables.helper(f.helper), &[list, item], None)?;
        self.b.ins().jump(done, &[]);
        self.b.switch_to_block(done);
        Ok(())
    }

    /// Marks what is lowered next with the nearest exit, and says from which cell a region is called.
    fn mark(&mut self, cell: Option<u64>) {
        if let Some(exit) = self.nearest {
            let mark = crate::sites::mark(exit.0, cell.is_some());
            if let Some(cell) = cell {
                self.cells.insert(mark.bits(), cell);
            }
            self.marked.push(exit);
            self.b.set_srcloc(mark);
        }
    }
    fn unmark(&mut self) {
        self.b.set_srcloc(ir::SourceLoc::default());
    }

    fn call(
        &mut self,
        h: &Helper,
        args: &[ir::Value],
        bad: Option<ir::Block>,
    ) -> Result<Option<ir::Value>, String> {
        let mut sig = Signature::new(self.conv);
        let mut all = Vec::new();
        if h.takes_context {
            sig.params.push(AbiParam::new(types::I64));
            all.push(self.ctx);
        }
        sig.params.extend(h.params.iter().map(|p| abi(p.ty)));
        all.extend_from_slice(args);
        match (h.ret, h.raises) {
            (None, Raises::ByStatus) => sig.returns.push(AbiParam::new(types::I64)),
            (Some(r), _) => sig.returns.push(AbiParam::new(clif_type(r.ty))),
            (None, _) => {}
        }
        let sig = self.b.import_signature(sig);
        let f = self.iconst(h.address);
        self.mark(None);
        let call = self.b.ins().call_indirect(sig, f, &all);
        self.unmark();
        let r = self.b.inst_results(call).first().copied();
        match (h.raises, r) {
            (Raises::Never, r) => Ok(r),
            (Raises::ByResult, Some(v)) => {
                let bad = bad.ok_or("helper that raises without exit")?;
                match h.ret.map(|r| r.ty) {
                    Some(Type::F64) => {
                        return Err("a float result cannot say that it raised".into());
                    }
                    Some(Type::Bool) => {
                        let two = self.b.ins().iconst(types::I8, 2);
                        let ok = self.b.ins().icmp(IntCC::UnsignedLessThan, v, two);
                        self.check(ok, bad);
                    }
                    _ => self.check(v, bad),
                }
                Ok(Some(v))
            }
            (Raises::ByStatus, Some(status)) if h.ret.is_none() => {
                let bad = bad.ok_or("helper that raises without exit")?;
                self.check_not(status, bad);
                Ok(None)
            }
            _ => Err(format!(
                "helper {}: result and error kind do not fit",
                h.name
            )),
        }
    }

    fn guard_depth(&mut self, frames: u64, bad: ir::Block) {
        let f = Self::flags();
        let depth = self.b.ins().load(types::I64, f, self.ctx, offsets::DEPTH);
        let limit = self
            .b
            .ins()
            .load(types::I64, f, self.ctx, offsets::DEPTH_LIMIT);
        let more = self.iconst(frames);
        let deeper = self.b.ins().iadd(depth, more);
        let ok = self
            .b
            .ins()
            .icmp(IntCC::UnsignedLessThanOrEqual, deeper, limit);
        self.check(ok, bad);
        let stack = self.b.ins().get_stack_pointer(types::I64);
        let lowest = self
            .b
            .ins()
            .load(types::I64, f, self.ctx, offsets::STACK_LIMIT);
        let ok = self.b.ins().icmp(IntCC::UnsignedGreaterThan, stack, lowest);
        self.check(ok, bad);
    }

    /// `frames`: those between the region's own and the callee's, the latter included.
    fn call_region(
        &mut self,
        cell: u64,
        regs: ir::Value,
        frames: u64,
        bad: ir::Block,
    ) -> ir::Value {
        let f = Self::flags();
        let depth = self.b.ins().load(types::I64, f, self.ctx, offsets::DEPTH);
        let more = self.iconst(frames);
        let deeper = self.b.ins().iadd(depth, more);
        self.b.ins().store(f, deeper, self.ctx, offsets::DEPTH);
        let from = self.iconst(cell);
        let target = self.b.ins().load(types::I64, f, from, 0);
        let sig = self.b.import_signature(entry_signature(self.conv));
        self.mark(Some(cell));
        let call = self.b.ins().call_indirect(sig, target, &[regs, self.ctx]);
        self.unmark();
        let status = self.b.inst_results(call)[0];
        let deeper = self.b.ins().load(types::I64, f, self.ctx, offsets::DEPTH);
        let more = self.iconst(frames);
        let depth = self.b.ins().isub(deeper, more);
        self.b.ins().store(f, depth, self.ctx, offsets::DEPTH);
        let returned = self.icmp(IntCC::Equal, status, context::RETURNED);
        let left = self.b.create_block();
        self.b.set_cold_block(left);
        self.check(returned, left);
        self.cold_returns.push((left, status, bad));
        self.b.ins().load(types::I64, f, self.ctx, offsets::RESULT)
    }

    /// Python's floor division or modulo.
    fn divide(&mut self, x: ir::Value, y: ir::Value, modulo: bool, bad: ir::Block) -> ir::Value {
        self.check(y, bad);
        let minus_one = self.icmp(IntCC::Equal, y, u64::MAX);
        // Dividing by -1 would trap for the smallest number; modulo is 0 then, division leaves.
        let one = self.iconst(1);
        let safe = if modulo {
            self.b.ins().select(minus_one, one, y)
        } else {
            let min = self.icmp(IntCC::Equal, x, i64::MIN as u64);
            let over = self.b.ins().band(minus_one, min);
            self.check_not(over, bad);
            y
        };
        let r = self.b.ins().srem(x, safe);
        let zero = self.iconst(0);
        let uneven = self.b.ins().icmp(IntCC::NotEqual, r, zero);
        let mixed = self.b.ins().bxor(x, safe);
        let signs = self.b.ins().icmp(IntCC::SignedLessThan, mixed, zero);
        let fix = self.b.ins().band(uneven, signs);
        if modulo {
            let moved = self.b.ins().iadd(r, safe);
            self.b.ins().select(fix, moved, r)
        } else {
            let q = self.b.ins().sdiv(x, safe);
            let lower = self.b.ins().isub(q, one);
            self.b.ins().select(fix, lower, q)
        }
    }

    fn shift_left(&mut self, x: ir::Value, n: ir::Value, bad: ir::Block) -> ir::Value {
        let small = self.icmp(IntCC::UnsignedLessThan, n, 64);
        self.check(small, bad);
        let r = self.b.ins().ishl(x, n);
        let back = self.b.ins().sshr(r, n);
        let same = self.b.ins().icmp(IntCC::Equal, back, x);
        self.check(same, bad);
        r
    }

    fn inst(&mut self, inst: &Inst, bad: Option<ir::Block>) -> Result<Option<ir::Value>, String> {
        if inst.op.is_const() {
            return Ok(None);
        }
        let mut a = Vec::with_capacity(inst.args.len());
        for v in &inst.args {
            a.push(self.val(*v)?);
        }
        let imm = inst.imm.int();
        let no_exit = || format!("{} without exit", inst.op);
        let icc = |op| match op {
            Op::IEq | Op::RefEq => IntCC::Equal,
            Op::INe => IntCC::NotEqual,
            Op::ILt => IntCC::SignedLessThan,
            Op::ILe => IntCC::SignedLessThanOrEqual,
            Op::IGt => IntCC::SignedGreaterThan,
            Op::IGe => IntCC::SignedGreaterThanOrEqual,
            _ => IntCC::UnsignedLessThan,
        };
        let fcc = |op| match op {
            Op::FEq => FloatCC::Equal,
            Op::FNe => FloatCC::NotEqual,
            Op::FLt => FloatCC::LessThan,
            Op::FLe => FloatCC::LessThanOrEqual,
            Op::FGt => FloatCC::GreaterThan,
            _ => FloatCC::GreaterThanOrEqual,
        };
        use Op::*;
        Ok(Some(match inst.op {
            IAdd => self.b.ins().iadd(a[0], a[1]),
            ISub => self.b.ins().isub(a[0], a[1]),
            IMul => self.b.ins().imul(a[0], a[1]),
            IAddOvf | ISubOvf | IMulOvf => {
                let (r, o) = match inst.op {
                    IAddOvf => self.b.ins().sadd_overflow(a[0], a[1]),
                    ISubOvf => self.b.ins().ssub_overflow(a[0], a[1]),
                    _ => self.b.ins().smul_overflow(a[0], a[1]),
                };
                self.check_not(o, bad.ok_or_else(no_exit)?);
                r
            }
            INegOvf => {
                let zero = self.iconst(0);
                let (r, o) = self.b.ins().ssub_overflow(zero, a[0]);
                self.check_not(o, bad.ok_or_else(no_exit)?);
                r
            }
            IFloorDiv => self.divide(a[0], a[1], false, bad.ok_or_else(no_exit)?),
            IMod => self.divide(a[0], a[1], true, bad.ok_or_else(no_exit)?),
            IShl => self.shift_left(a[0], a[1], bad.ok_or_else(no_exit)?),
            IShr => {
                let ok = self.icmp(IntCC::SignedGreaterThanOrEqual, a[1], 0);
                self.check(ok, bad.ok_or_else(no_exit)?);
                let most = self.iconst(63);
                let n = self.b.ins().umin(a[1], most);
                self.b.ins().sshr(a[0], n)
            }
            IAnd | IOr => {
                // The result takes the place of the first operand: of one that nothing else needs.
                let uses = |k: usize| self.uses[inst.args[k].index()];
                let (x, y) = if uses(0) > 1 && uses(1) == 1 {
                    (a[1], a[0])
                } else {
                    (a[0], a[1])
                };
                if inst.op == IAnd {
                    self.b.ins().band(x, y)
                } else {
                    self.b.ins().bor(x, y)
                }
            }
            IXor => self.b.ins().bxor(a[0], a[1]),
            INot => self.b.ins().bnot(a[0]),
            INarrow => a[0],
            Near => {
                // An instruction that the code generator does not look through.
                let zero = self.iconst(0);
                self.b.ins().sadd_overflow(a[0], zero).0
            }
            IEq | INe | ILt | ILe | IGt | IGe | IULt | RefEq => {
                self.b.ins().icmp(icc(inst.op), a[0], a[1])
            }
            ISelect | FSelect | VSelect => self.b.ins().select(a[0], a[1], a[2]),
            FAdd => self.b.ins().fadd(a[0], a[1]),
            FSub => self.b.ins().fsub(a[0], a[1]),
            FMul => self.b.ins().fmul(a[0], a[1]),
            FDiv => self.b.ins().fdiv(a[0], a[1]),
            FNeg => self.b.ins().fneg(a[0]),
            FAbs => self.b.ins().fabs(a[0]),
            FSqrt => self.b.ins().sqrt(a[0]),
            FFloor => self.b.ins().floor(a[0]),
            FCeil => self.b.ins().ceil(a[0]),
            FTrunc => self.b.ins().trunc(a[0]),
            FEq | FNe | FLt | FLe | FGt | FGe => self.b.ins().fcmp(fcc(inst.op), a[0], a[1]),
            I2F => self.b.ins().fcvt_from_sint(types::F64, a[0]),
            F2I => {
                let bad = bad.ok_or_else(no_exit)?;
                let low = self.b.ins().f64const(-9_223_372_036_854_775_808.0);
                let high = self.b.ins().f64const(9_223_372_036_854_775_808.0);
                let above = self.b.ins().fcmp(FloatCC::GreaterThanOrEqual, a[0], low);
                self.check(above, bad);
                let below = self.b.ins().fcmp(FloatCC::LessThan, a[0], high);
                self.check(below, bad);
                self.b.ins().fcvt_to_sint_sat(types::I64, a[0])
            }
            BNot => {
                let one = self.b.ins().iconst(types::I8, 1);
                self.b.ins().bxor(a[0], one)
            }
            BAnd => self.b.ins().band(a[0], a[1]),
            BOr => self.b.ins().bor(a[0], a[1]),
            B2I => self.b.ins().uextend(types::I64, a[0]),
            BoxInt => {
                // The number fits when moving it up and down again gives it back.
                let there = self.unbox_int(a[0]);
                let ok = self.b.ins().icmp(IntCC::Equal, there, a[0]);
                self.check(ok, bad.ok_or_else(no_exit)?);
                self.box_int(a[0])
            }
            BoxIntNc => self.box_int(a[0]),
            BoxFloat | BoxFloatNc => {
                if inst.op == BoxFloat {
                    let ok = self.b.ins().fcmp(FloatCC::Equal, a[0], a[0]);
                    self.check(ok, bad.ok_or_else(no_exit)?);
                }
                let bits = self.bits(a[0]);
                let off = self.iconst(enc::DOUBLE_OFFSET);
                self.b.ins().iadd(bits, off)
            }
            UnboxInt => self.unbox_int(a[0]),
            UnboxFloat => {
                let off = self.iconst(enc::DOUBLE_OFFSET);
                let bits = self.b.ins().isub(a[0], off);
                self.float(bits)
            }
            Bits | AsPtr | AsValue | AddrOf => a[0],
            IsInt => self.is_int(a[0]),
            IsFloat => self.is_float(a[0]),
            IsPtr => self.is_ptr(a[0]),
            GuardTrue | GuardNotEmpty => {
                self.check(a[0], bad.ok_or_else(no_exit)?);
                return Ok(None);
            }
            GuardFalse => {
                self.check_not(a[0], bad.ok_or_else(no_exit)?);
                return Ok(None);
            }
            GuardDepth => {
                self.guard_depth(imm, bad.ok_or_else(no_exit)?);
                return Ok(None);
            }
            GuardInt | GuardFloat | GuardPtr | GuardType | GuardValue | GuardIs | GuardIEq
            | GuardBounds | GuardCell | Poll => {
                let ok = match inst.op {
                    GuardInt => self.is_int(a[0]),
                    GuardFloat => self.is_float(a[0]),
                    GuardPtr if self.items[inst.args[0].index()] => {
                        self.icmp(IntCC::UnsignedLessThan, a[0], enc::POINTER_LIMIT)
                    }
                    GuardPtr => self.is_ptr(a[0]),
                    GuardType => {
                        let ty =
                            self.b
                                .ins()
                                .load(types::I64, Self::flags(), a[0], enc::TYPE_OFFSET);
                        self.icmp(IntCC::Equal, ty, imm)
                    }
                    GuardBounds => self.b.ins().icmp(IntCC::UnsignedLessThan, a[0], a[1]),
                    GuardCell | Poll => {
                        let at = self.iconst(imm);
                        // A plain load could be taken to be the same in each iteration.
                        let word = if inst.op == Poll {
                            self.b.ins().atomic_load(types::I32, Self::flags(), at)
                        } else {
                            self.b.ins().load(types::I32, Self::flags(), at, 0)
                        };
                        let zero = self.b.ins().iconst(types::I32, 0);
                        self.b.ins().icmp(IntCC::Equal, word, zero)
                    }
                    _ => self.icmp(IntCC::Equal, a[0], imm),
                };
                self.check(ok, bad.ok_or_else(no_exit)?);
                return Ok(None);
            }
            Load | LoadIdx | Store | StoreIdx => {
                let mut m = inst.imm.mem().ok_or("no memory access")?;
                let base = if matches!(inst.op, LoadIdx | StoreIdx) {
                    let mut index = a[1];
                    if let Some((first, n)) = self.sums.get(&inst.args[1]).copied() {
                        index = self.val(first)?;
                        m.offset += n * m.ty.size() as i32;
                    }
                    self.indexed(a[0], index, m)
                } else {
                    a[0]
                };
                if matches!(inst.op, Load | LoadIdx) {
                    self.load(base, m)
                } else {
                    self.store(base, a[a.len() - 1], m);
                    return Ok(None);
                }
            }
            SlotRead | SlotTake => {
                let at = slot_offset(imm)?;
                let v = self.b.ins().load(types::I64, Self::flags(), self.regs, at);
                if inst.op == SlotTake {
                    let empty = self.iconst(enc::EMPTY);
                    self.b.ins().store(Self::flags(), empty, self.regs, at);
                }
                v
            }
            SlotWrite | SlotInit => {
                let at = slot_offset(imm)?;
                if inst.op == SlotWrite {
                    let old = self.b.ins().load(types::I64, Self::flags(), self.regs, at);
                    self.b.ins().store(Self::flags(), a[0], self.regs, at);
                    self.count(old, Type::Boxed, false);
                } else {
                    self.b.ins().store(Self::flags(), a[0], self.regs, at);
                }
                return Ok(None);
            }
            FrameBase => self.regs,
            ContextBase => self.ctx,
            Release => return Ok(None),
            Inc | Dec => {
                self.count(a[0], self.region.ty(inst.args[0]), inst.op == Inc);
                return Ok(None);
            }
            Call => {
                let Imm::Helper(h) = inst.imm else {
                    return Err("call without helper".into());
                };
                let tables = self.region.tables.clone();
                if let Some(append) = tables.append.filter(|f| f.helper == h) {
                    self.append(&append, a[0], a[1])?;
                    return Ok(None);
                }
                let r = self.call(tables.helper(h), &a, bad)?;
                return Ok(r.filter(|_| inst.result.is_some()));
            }
            CallRegion => {
                let exit = inst.exit.ok_or_else(no_exit)?;
                let frames = self.region.exits[exit.index()].running().count() as u64 - 1;
                self.call_region(imm, a[0], frames, bad.ok_or_else(no_exit)?)
            }
            New => {
                let Imm::Layout(l) = inst.imm else {
                    return Err("new without layout".into());
                };
                let tables = self.region.tables.clone();
                let r = self.call(tables.helper(tables.layout(l).allocate), &a, None)?;
                r.ok_or("allocation without result")?
            }
            IConst | FConst | BConst | PConst | VConst => return Ok(None),
        }))
    }
}

fn slot_offset(slot: u64) -> Result<i32, String> {
    slot.checked_mul(8)
        .and_then(|n| i32::try_from(n).ok())
        .ok_or_else(|| format!("slot {slot} is out of reach"))
}
