//! Text form of regions: printer and parser.
//!
//! ```text
//! region sum
//! b0:
//!   v0: boxed = slot_read 3
//!   guard_int v0 1 !x0
//!   jump b1(v0)
//! b1(v1: boxed): loop
//!   v2: f64 = load v1 +16.f64.a1
//!   br v3, b1(v1), b2
//! b2:
//!   exit x1
//! x0: [code 1 pc 10 ret 0 kind 0 {3: v0}]
//! x1: [code 1 pc 12 ret 0 kind 0 {3: own v1}] [code 2 pc 0 ret 5 kind 0 {}] virtual v7 l0 (v1, own v2) drops v3 stores v1 +8.i64.a1 v2
//! ```

use crate::ops::{ImmKind, Op, Type};
use crate::region::*;
use crate::tables::Tables;
use std::fmt::{self, Write};
use std::sync::Arc;

impl fmt::Display for Mem {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{:+}.{}.a{}", self.offset, self.ty.name(), self.alias.0)
    }
}

fn list(out: &mut String, items: impl Iterator<Item = String>) {
    for (i, s) in items.enumerate() {
        if i > 0 {
            out.push_str(", ");
        }
        out.push_str(&s);
    }
}

fn edge(e: &Edge) -> String {
    let mut s = e.block.to_string();
    if !e.args.is_empty() {
        s.push('(');
        list(&mut s, e.args.iter().map(|a| a.to_string()));
        s.push(')');
    }
    s
}

fn owned(v: ValueId, o: Ownership) -> String {
    if o == Ownership::Owned {
        format!("own {v}")
    } else {
        v.to_string()
    }
}

/// Text of one instruction.
pub fn print_inst(region: &Region, inst: &Inst) -> String {
    let mut s = String::new();
    if let Some(r) = inst.result {
        let _ = write!(s, "{r}: {} = ", region.ty(r));
    }
    s.push_str(inst.op.text());
    match inst.imm {
        Imm::Helper(h) => s.push_str(&format!(" {}", region.tables.helper(h).name)),
        Imm::Layout(l) => s.push_str(&format!(" {}", region.tables.layout(l).name)),
        _ => {}
    }
    if !inst.args.is_empty() {
        s.push(' ');
        list(&mut s, inst.args.iter().map(|a| a.to_string()));
    }
    match inst.imm {
        Imm::Int(n) => {
            let signed = n as i64;
            let _ = if inst.op == Op::FConst {
                write!(s, " {:?}", f64::from_bits(n)).map(|()| {
                    if f64::from_bits(n).is_nan() {
                        s.push_str(&format!("#{n:x}"))
                    }
                })
            } else if matches!(inst.op, Op::VConst | Op::PConst)
                || signed.unsigned_abs() > 0xFFFF_FFFF
            {
                write!(s, " {n:#x}")
            } else {
                write!(s, " {signed}")
            };
        }
        Imm::Mem(m) => {
            let _ = write!(s, " {m}");
        }
        _ => {}
    }
    if let Some(x) = inst.exit {
        let _ = write!(s, " !{x}");
    }
    s
}

/// Text of an exit.
pub fn print_exit(region: &Region, x: ExitId) -> String {
    let e = &region.exits[x.index()];
    let mut s = format!("{x}:");
    if e.origin != x {
        let _ = write!(s, " of {}", e.origin);
    }
    for f in &e.frames {
        let _ = write!(
            s,
            " [code {} pc {} ret {} kind {} {{",
            f.code, f.pc, f.result_slot, f.kind
        );
        list(
            &mut s,
            f.slots
                .iter()
                .map(|sl| format!("{}: {}", sl.slot, owned(sl.value, sl.ownership))),
        );
        s.push('}');
        if let Some(held) = &f.held {
            s.push_str(" held ");
            s.extend(held.iter().map(|h| match h {
                Held::Same => 's',
                Held::Number => 'n',
                Held::Reference => 'r',
            }));
        }
        if let Some(p) = &f.parked {
            let _ = write!(s, " parked {} {} {}", p.owner, p.register, p.at);
        }
        s.push(']');
    }
    for d in &e.virtuals {
        let _ = write!(
            s,
            " virtual {} {} (",
            d.value,
            region.tables.layout(d.layout).name
        );
        list(&mut s, d.fields.iter().map(|(v, o)| owned(*v, *o)));
        s.push(')');
    }
    if !e.drops.is_empty() {
        s.push_str(" drops ");
        list(&mut s, e.drops.iter().map(|v| v.to_string()));
    }
    if !e.stores.is_empty() {
        s.push_str(" stores ");
        list(
            &mut s,
            e.stores
                .iter()
                .map(|p| format!("{} {} {}", p.base, p.mem, p.value)),
        );
    }
    s
}

/// Text of a region; exits that nothing uses are left out.
pub fn print(region: &Region) -> String {
    let mut out = format!("region {}\n", region.name);
    let mut used = vec![false; region.exits.len()];
    for b in region.block_ids() {
        let block = region.block(b);
        let _ = write!(out, "{b}");
        if !block.params.is_empty() {
            out.push('(');
            list(
                &mut out,
                block
                    .params
                    .iter()
                    .map(|p| format!("{p}: {}", region.ty(*p))),
            );
            out.push(')');
        }
        out.push_str(if block.is_loop { ": loop" } else { ":" });
        out.push_str(if block.cold { " cold\n" } else { "\n" });
        for inst in &block.insts {
            if let Some(x) = inst.exit {
                used[x.index()] = true;
            }
            let _ = writeln!(out, "  {}", print_inst(region, inst));
        }
        let _ = match &block.term {
            Terminator::Open => writeln!(out, "  open"),
            Terminator::Jump(e) => writeln!(out, "  jump {}", edge(e)),
            Terminator::Branch(c, a, b) => writeln!(out, "  br {c}, {}, {}", edge(a), edge(b)),
            Terminator::Bridge(a, b) => writeln!(out, "  bridge {}, {}", edge(a), edge(b)),
            Terminator::Exit(x) => {
                used[x.index()] = true;
                writeln!(out, "  exit {x}")
            }
            Terminator::Return(v) => writeln!(out, "  ret {v}"),
        };
    }
    for (i, _) in used.iter().enumerate().filter(|(_, u)| **u) {
        let _ = writeln!(out, "{}", print_exit(region, ExitId(i as u32)));
    }
    out
}

struct Lexer<'a> {
    rest: &'a str,
    line: usize,
}

impl<'a> Lexer<'a> {
    fn skip(&mut self) {
        self.rest = self.rest.trim_start();
    }
    fn at_end(&mut self) -> bool {
        self.skip();
        self.rest.is_empty()
    }
    fn eat(&mut self, s: &str) -> bool {
        self.skip();
        match self.rest.strip_prefix(s) {
            Some(r) => {
                self.rest = r;
                true
            }
            None => false,
        }
    }
    fn want(&mut self, s: &str) -> Result<(), String> {
        if self.eat(s) {
            Ok(())
        } else {
            self.fail(&format!("expected `{s}`"))
        }
    }
    fn fail<T>(&self, what: &str) -> Result<T, String> {
        Err(format!("line {}: {what} at `{}`", self.line, self.rest))
    }
    fn word(&mut self) -> &'a str {
        self.skip();
        let end = self
            .rest
            .find(|c: char| !(c.is_alphanumeric() || "_+-.#".contains(c)))
            .unwrap_or(self.rest.len());
        let (w, r) = self.rest.split_at(end);
        self.rest = r;
        w
    }
    fn entity(&mut self, prefix: &str) -> Result<u32, String> {
        let w = self.word();
        match w
            .strip_prefix(prefix)
            .and_then(|n| n.parse().ok())
            .filter(|n| *n < 1_000_000)
        {
            Some(n) => Ok(n),
            None => self.fail(&format!("expected {prefix}N, found `{w}`")),
        }
    }
    fn number(&mut self) -> Result<u64, String> {
        let w = self.word();
        let n = if let Some(h) = w.strip_prefix("0x") {
            u64::from_str_radix(h, 16).ok()
        } else {
            w.parse::<i64>().ok().map(|n| n as u64)
        };
        n.map_or_else(|| self.fail(&format!("not a number: `{w}`")), Ok)
    }
    fn mem(&mut self) -> Result<Mem, String> {
        let w = self.word();
        let mut parts = w.split('.');
        let parsed = (|| {
            let offset = parts.next()?.parse().ok()?;
            let name = parts.next()?;
            let ty = MemType::ALL.into_iter().find(|t| t.name() == name)?;
            let alias = Alias(parts.next()?.strip_prefix('a')?.parse().ok()?);
            Some(Mem { offset, ty, alias })
        })();
        parsed.map_or_else(|| self.fail(&format!("not a memory access: `{w}`")), Ok)
    }
}

struct Parser {
    region: Region,
    types: Vec<Option<Type>>,
}

impl Parser {
    fn value(&mut self, lx: &mut Lexer<'_>) -> Result<ValueId, String> {
        let n = lx.entity("v")?;
        while self.region.values.len() <= n as usize {
            self.region.new_value(Type::I64);
            self.types.push(None);
        }
        Ok(ValueId(n))
    }
    fn define(&mut self, lx: &mut Lexer<'_>) -> Result<ValueId, String> {
        let v = self.value(lx)?;
        lx.want(":")?;
        let name = lx.word();
        let Some(ty) = Type::from_name(name) else {
            return lx.fail(&format!("unknown type `{name}`"));
        };
        self.region.values[v.index()].ty = ty;
        self.types[v.index()] = Some(ty);
        Ok(v)
    }
    fn owned(&mut self, lx: &mut Lexer<'_>) -> Result<(ValueId, Ownership), String> {
        let o = if lx.eat("own ") {
            Ownership::Owned
        } else {
            Ownership::Borrowed
        };
        Ok((self.value(lx)?, o))
    }
    fn block(&mut self, n: u32) -> BlockId {
        while self.region.blocks.len() <= n as usize {
            let b = self.region.new_block();
            self.region.block_mut(b).live = false;
        }
        BlockId(n)
    }
    fn edge(&mut self, lx: &mut Lexer<'_>) -> Result<Edge, String> {
        let block = BlockId(lx.entity("b")?);
        self.block(block.0);
        let mut args = Vec::new();
        if lx.eat("(") {
            while !lx.eat(")") {
                args.push(self.value(lx)?);
                lx.eat(",");
            }
        }
        Ok(Edge { block, args })
    }
    fn exit_id(&mut self, lx: &mut Lexer<'_>) -> Result<ExitId, String> {
        let n = lx.entity("x")?;
        while self.region.exits.len() <= n as usize {
            self.region.new_exit(Vec::new());
        }
        Ok(ExitId(n))
    }
    fn exit(&mut self, lx: &mut Lexer<'_>) -> Result<(), String> {
        let x = self.exit_id(lx)?;
        lx.want(":")?;
        let origin = if lx.eat("of") { self.exit_id(lx)? } else { x };
        let mut e = Exit {
            origin,
            frames: vec![],
            virtuals: vec![],
            drops: vec![],
            stores: vec![],
            other_way: false,
        };
        while !lx.at_end() {
            if lx.eat("[") {
                lx.want("code")?;
                let code = lx.number()?;
                lx.want("pc")?;
                let pc = lx.number()? as u32;
                lx.want("ret")?;
                let result_slot = lx.number()? as u32;
                lx.want("kind")?;
                let kind = lx.number()? as u32;
                lx.want("{")?;
                let mut slots = Vec::new();
                while !lx.eat("}") {
                    let slot = lx.number()? as u32;
                    lx.want(":")?;
                    let (value, ownership) = self.owned(lx)?;
                    slots.push(SnapSlot {
                        slot,
                        value,
                        ownership,
                    });
                    lx.eat(",");
                }
                let held = lx.eat("held").then(|| {
                    let word = lx.word().chars();
                    word.map(|c| match c {
                        's' => Held::Same,
                        'n' => Held::Number,
                        _ => Held::Reference,
                    })
                    .collect()
                });
                let parked = match lx.eat("parked") {
                    true => Some(Parked {
                        owner: lx.number()? as u32,
                        register: lx.number()? as u32,
                        at: lx.number()?,
                    }),
                    false => None,
                };
                lx.want("]")?;
                e.frames.push(SnapFrame {
                    code,
                    pc,
                    result_slot,
                    kind,
                    slots,
                    held,
                    parked,
                });
            } else if lx.eat("virtual ") {
                let value = self.value(lx)?;
                let name = lx.word();
                let Some(layout) = self.region.tables.find_layout(name) else {
                    return lx.fail("unknown layout");
                };
                lx.want("(")?;
                let mut fields = Vec::new();
                while !lx.eat(")") {
                    fields.push(self.owned(lx)?);
                    lx.eat(",");
                }
                e.virtuals.push(SnapVirtual {
                    value,
                    layout,
                    fields,
                });
            } else if lx.eat("drops ") {
                loop {
                    e.drops.push(self.value(lx)?);
                    if !lx.eat(",") {
                        break;
                    }
                }
            } else if lx.eat("stores ") {
                loop {
                    let base = self.value(lx)?;
                    let mem = lx.mem()?;
                    let value = self.value(lx)?;
                    e.stores.push(PendingStore { base, mem, value });
                    if !lx.eat(",") {
                        break;
                    }
                }
            } else {
                return lx.fail("bad exit");
            }
        }
        self.region.exits[x.index()] = e;
        Ok(())
    }
    fn inst(&mut self, lx: &mut Lexer<'_>) -> Result<Inst, String> {
        lx.skip();
        let has_result =
            lx.rest.split('=').next().is_some_and(|l| l.contains(": ")) && lx.rest.contains('=');
        let result = if has_result {
            let v = self.define(lx)?;
            lx.want("=")?;
            Some(v)
        } else {
            None
        };
        let name = lx.word();
        let Some(op) = Op::from_text(name) else {
            return lx.fail(&format!("unknown op `{name}`"));
        };
        let mut imm = Imm::None;
        match op.imm_kind() {
            ImmKind::Helper => {
                let name = lx.word();
                let Some(h) = self.region.tables.find_helper(name) else {
                    return lx.fail(&format!("unknown helper `{name}`"));
                };
                imm = Imm::Helper(h);
            }
            ImmKind::Layout => {
                let name = lx.word();
                let Some(l) = self.region.tables.find_layout(name) else {
                    return lx.fail(&format!("unknown layout `{name}`"));
                };
                imm = Imm::Layout(l);
            }
            _ => {}
        }
        let mut args = Vec::new();
        lx.skip();
        while lx.rest.starts_with('v') {
            args.push(self.value(lx)?);
            lx.eat(",");
            lx.skip();
        }
        match op.imm_kind() {
            ImmKind::Int if op == Op::FConst => {
                let w = lx.word();
                let bits = match w.split_once('#') {
                    Some((_, hex)) => u64::from_str_radix(hex, 16).ok(),
                    None => w.parse::<f64>().ok().map(f64::to_bits),
                };
                let Some(bits) = bits else {
                    return lx.fail("not a float");
                };
                imm = Imm::Int(bits);
            }
            ImmKind::Int => imm = Imm::Int(lx.number()?),
            ImmKind::Mem => imm = Imm::Mem(lx.mem()?),
            _ => {}
        }
        let exit = if lx.eat("!") {
            Some(self.exit_id(lx)?)
        } else {
            None
        };
        if let (Some(r), Imm::Layout(l)) = (result, imm) {
            self.region.values[r.index()].class = Some(self.region.tables.layout(l).class);
        }
        Ok(Inst {
            op,
            args,
            imm,
            result,
            exit,
        })
    }
    fn line(&mut self, lx: &mut Lexer<'_>, current: &mut Option<BlockId>) -> Result<(), String> {
        if let Some(name) = lx.rest.strip_prefix("region ") {
            self.region.name = name.trim().to_string();
            return Ok(());
        }
        if lx.rest.starts_with('x') {
            return self.exit(lx);
        }
        if lx.rest.starts_with('b') {
            let n = lx.entity("b")?;
            let b = self.block(n);
            self.region.block_mut(b).live = true;
            if lx.eat("(") {
                while !lx.eat(")") {
                    let p = self.define(lx)?;
                    self.region.block_mut(b).params.push(p);
                    lx.eat(",");
                }
            }
            lx.want(":")?;
            self.region.block_mut(b).is_loop = lx.eat("loop");
            self.region.block_mut(b).cold = lx.eat("cold");
            *current = Some(b);
            return Ok(());
        }
        let Some(b) = *current else {
            return lx.fail("instruction outside a block");
        };
        let term = if lx.eat("jump ") {
            Terminator::Jump(self.edge(lx)?)
        } else if lx.eat("br ") {
            let c = self.value(lx)?;
            lx.want(",")?;
            let a = self.edge(lx)?;
            lx.want(",")?;
            Terminator::Branch(c, a, self.edge(lx)?)
        } else if lx.eat("bridge ") {
            let a = self.edge(lx)?;
            lx.want(",")?;
            Terminator::Bridge(a, self.edge(lx)?)
        } else if lx.eat("exit ") {
            Terminator::Exit(self.exit_id(lx)?)
        } else if lx.eat("ret ") {
            Terminator::Return(self.value(lx)?)
        } else {
            let inst = self.inst(lx)?;
            self.region.block_mut(b).insts.push(inst);
            return if lx.at_end() {
                Ok(())
            } else {
                lx.fail("trailing text")
            };
        };
        self.region.block_mut(b).term = term;
        Ok(())
    }
}

/// Parses the text form.
pub fn parse(text: &str, tables: Arc<Tables>, statics: Statics) -> Result<Region, String> {
    let mut p = Parser {
        region: Region::new("", tables, statics),
        types: Vec::new(),
    };
    p.region.block_mut(BlockId(0)).live = false;
    let mut current = None;
    for (i, line) in text.lines().enumerate() {
        let line = line.trim_end();
        if line.trim().is_empty() || line.trim_start().starts_with(';') {
            continue;
        }
        let mut lx = Lexer {
            rest: line,
            line: i + 1,
        };
        p.line(&mut lx, &mut current)?;
    }
    Ok(p.region)
}
