//! Allocation removal: an object that is only read, written and named in snapshots is never made; exits describe it.

use crate::analysis::{Cfg, for_each_term_use};
use crate::ops::{Op, Type};
use crate::region::*;
use crate::tables::{Layout, LayoutId};
use rustc_hash::{FxHashMap as HashMap, FxHashSet as HashSet};

/// Runs the pass, one object at a time. What only objects hold that turn out to be virtual may be so itself.
pub fn run(region: &mut Region) {
    loop {
        let cfg = Cfg::new(region);
        let survey = Survey::new(region, &cfg);
        let mut removed = false;
        for &(b, object, layout) in &survey.candidates {
            if let Some(names) = escapes_not(region, &cfg, &survey, b, object, layout) {
                remove(region, &cfg, &survey, b, object, layout, &names);
                removed = true;
            }
        }
        if !removed || !survey.some_escape {
            return;
        }
    }
}

/// All new objects at once: which of them may be virtual at all, and which exits name them.
struct Survey {
    candidates: Vec<(BlockId, ValueId, LayoutId)>,
    some_escape: bool,
    /// By object, in the order of the blocks.
    exits: HashMap<ValueId, Vec<(BlockId, ExitId)>>,
    konst: HashMap<ValueId, i64>,
    /// By value: giving it up does nothing.
    quiet: Vec<bool>,
    /// Exits with stores of their own.
    storing: Vec<(BlockId, ExitId)>,
}

impl Survey {
    fn new(region: &Region, cfg: &Cfg) -> Survey {
        // The object that a value is another name of.
        let mut root: Vec<Option<ValueId>> = vec![None; region.values.len()];
        let mut made = Vec::new();
        let mut escaped: HashSet<ValueId> = HashSet::default();
        let mut exits: HashMap<ValueId, Vec<(BlockId, ExitId)>> = HashMap::default();
        let mut storing = Vec::new();
        let mut quiet = vec![false; region.values.len()];
        for &b in &cfg.order {
            let block = region.block(b);
            let mut leaves = |x: ExitId, root: &[Option<ValueId>]| {
                if !region.exits[x.index()].stores.is_empty() {
                    storing.push((b, x));
                }
                region.exits[x.index()].for_each_value(|v| {
                    if let Some(object) = root[v.index()] {
                        let all = exits.entry(object).or_default();
                        if all.last() != Some(&(b, x)) {
                            all.push((b, x));
                        }
                    }
                });
            };
            for i in &block.insts {
                if let Some(x) = i.exit {
                    leaves(x, &root);
                }
                if let Some(r) = i.result {
                    let number = [Op::BoxInt, Op::BoxIntNc, Op::BoxFloat, Op::BoxFloatNc];
                    quiet[r.index()] = i.op.is_const() || number.contains(&i.op);
                }
                let object = i.args.first().and_then(|a| root[a.index()]);
                let harmless = match i.op {
                    Op::AsValue | Op::AsPtr | Op::AddrOf | Op::IAdd => {
                        if let Some(r) = i.result {
                            root[r.index()] = object;
                        }
                        1
                    }
                    Op::Load | Op::GuardType | Op::Release => 1,
                    Op::Store if i.args.get(1).and_then(|a| root[a.index()]) == object => 2,
                    Op::Store => 1,
                    _ => 0,
                };
                let named = i.args.iter().skip(harmless);
                escaped.extend(named.filter_map(|a| root[a.index()]));
                if let (Op::New, Some(r), Imm::Layout(l)) = (i.op, i.result, i.imm) {
                    root[r.index()] = Some(r);
                    made.push((b, r, l));
                }
            }
            if let Terminator::Exit(x) = block.term {
                leaves(x, &root);
            } else {
                for_each_term_use(region, &block.term, |v| escaped.extend(root[v.index()]));
            }
        }
        let candidates: Vec<_> = made
            .iter()
            .filter(|m| !escaped.contains(&m.1))
            .copied()
            .collect();
        let entry = region.block(region.entry());
        let konst = entry.insts.iter().filter(|i| i.op == Op::IConst);
        Survey {
            konst: konst
                .filter_map(|i| Some((i.result?, i.imm.int() as i64)))
                .collect(),
            quiet,
            some_escape: candidates.len() < made.len(),
            candidates,
            exits,
            storing,
        }
    }
    fn exits_of(&self, object: ValueId) -> &[(BlockId, ExitId)] {
        self.exits.get(&object).map_or(&[], Vec::as_slice)
    }
}

/// Other names of an object.
struct Names {
    /// References to it and addresses in it, with their distance from it.
    at: HashMap<ValueId, i32>,
    /// Where in the object an address in itself is kept.
    own: HashMap<(i32, MemType), ValueId>,
}

fn field_at(layout: &Layout, offset: i32, m: Mem) -> Option<usize> {
    let at = offset.checked_add(m.offset)?;
    layout
        .fields
        .iter()
        .position(|f| f.offset == at && f.ty == m.ty)
}

/// Other names of the object; `None` if it escapes.
fn escapes_not(
    region: &Region,
    cfg: &Cfg,
    survey: &Survey,
    home: BlockId,
    object: ValueId,
    layout: LayoutId,
) -> Option<Names> {
    let layout = region.tables.layout(layout);
    let konst = &survey.konst;
    let mut names = Names {
        at: [(object, 0)].into_iter().collect(),
        own: HashMap::default(),
    };
    let mut class = None;
    let mut stores: Vec<BlockId> = Vec::new();
    let mut used: Vec<BlockId> = survey.exits_of(object).iter().map(|e| e.0).collect();
    for &b in cfg.order.iter().filter(|b| cfg.dominates(home, **b)) {
        let block = region.block(b);
        for (k, i) in block.insts.iter().enumerate() {
            if i.result == Some(object) {
                class = i.args.first().and_then(|c| konst.get(c)).copied();
                continue;
            }
            let named: Vec<usize> = (0..i.args.len())
                .filter(|a| names.at.contains_key(&i.args[*a]))
                .collect();
            let Some(first) = named.first() else {
                continue;
            };
            used.push(b);
            let offset = names.at[&i.args[*first]];
            let field = i.imm.mem().and_then(|m| field_at(layout, offset, m));
            let place = i.imm.mem().map(|m| (offset.wrapping_add(m.offset), m.ty));
            match (i.op, &named[..]) {
                (Op::Load, _) if field.is_some() => {}
                (Op::Load, _) => {
                    let address = names.own.get(&place?)?;
                    let distance = names.at[address];
                    names.at.extend(i.result.map(|r| (r, distance)));
                }
                (Op::Store, [0]) if field.is_some() => stores.push(b),
                (Op::Store, [0, 1]) if field.is_none() && b == home => {
                    let address = i.args[1];
                    let known = names.own.insert(place?, address);
                    if region.ty(address) != Type::I64 || known.is_some() {
                        return None;
                    }
                }
                (Op::AsValue | Op::AsPtr | Op::AddrOf, _) => {
                    names.at.extend(i.result.map(|r| (r, offset)));
                }
                (Op::IAdd, [0]) => {
                    let distance = i32::try_from(*konst.get(&i.args[1])?).ok()?;
                    let at = offset.checked_add(distance)?;
                    names.at.extend(i.result.map(|r| (r, at)));
                }
                (Op::GuardType, _) if layout.class == 0 && class == Some(i.imm.int() as i64) => {}
                (Op::Release, _) => {}
                _ => return None,
            }
            if region.is_bridged(b, k) {
                return None;
            }
        }
        if !matches!(block.term, Terminator::Exit(_)) {
            let mut in_term = false;
            for_each_term_use(region, &block.term, |v| {
                in_term |= names.at.contains_key(&v)
            });
            if in_term {
                return None;
            }
        }
    }
    let exits = survey.storing.iter();
    for (b, x) in exits {
        let stores = &region.exits[x.index()].stores;
        if stores.iter().any(|s| names.at.contains_key(&s.base)) {
            used.push(*b);
        }
        if !describable(stores, &names, layout) {
            return None;
        }
    }
    // Where paths meet, the fields have the same values on all of them: what was stored before they parted. What is
    // stored later does not come back, but where the object is made anew.
    let live = reached(cfg, home, &used);
    stores.dedup();
    for s in &stores {
        let later = reachable(region, home, *s, &live);
        let meets = |b: &&BlockId| cfg.preds[b.index()].len() > 1 && later.contains(b);
        if later.contains(s) || later.iter().filter(meets).any(|b| !cfg.dominates(*s, *b)) {
            return None;
        }
    }
    Some(names)
}

/// Whether what an exit stores to the object are fields.
fn describable(stores: &[PendingStore], names: &Names, layout: &Layout) -> bool {
    stores.iter().all(|s| {
        let base = names.at.get(&s.base);
        !names.at.contains_key(&s.value)
            && base.is_none_or(|offset| field_at(layout, *offset, s.mem).is_some())
    })
}

/// Blocks that are entered while something made in `home` is still used in one of `used`.
fn reached(cfg: &Cfg, home: BlockId, used: &[BlockId]) -> HashSet<BlockId> {
    let mut live = HashSet::default();
    let mut work: Vec<BlockId> = used.to_vec();
    while let Some(b) = work.pop() {
        if b != home && live.insert(b) {
            work.extend(cfg.preds[b.index()].iter().copied());
        }
    }
    live
}

/// Blocks of `live` that are entered behind `from`, before the object is made anew.
fn reachable(
    region: &Region,
    home: BlockId,
    from: BlockId,
    live: &HashSet<BlockId>,
) -> HashSet<BlockId> {
    let mut seen = HashSet::default();
    let mut work = vec![from];
    while let Some(b) = work.pop() {
        for e in region.block(b).term.edges() {
            if e.block != home && live.contains(&e.block) && seen.insert(e.block) {
                work.push(e.block);
            }
        }
    }
    seen
}

fn remove(
    region: &mut Region,
    cfg: &Cfg,
    survey: &Survey,
    home: BlockId,
    object: ValueId,
    layout: LayoutId,
    names: &Names,
) {
    let naming: HashSet<ExitId> = survey
        .exits_of(object)
        .iter()
        .chain(&survey.storing)
        .map(|e| e.1)
        .collect();
    let children = cfg.dom_children();
    let tables = region.tables.clone();
    let described = tables.layout(layout);
    let mut map: HashMap<ValueId, ValueId> = HashMap::default();
    let mut work: Vec<(BlockId, Vec<ValueId>)> = vec![(home, Vec::new())];
    while let Some((b, mut now)) = work.pop() {
        let insts = std::mem::take(&mut region.block_mut(b).insts);
        let mut kept = Vec::with_capacity(insts.len());
        let mut gives_up = false;
        for i in insts {
            if let Some(x) = i.exit.filter(|x| naming.contains(x)) {
                describe(region, x, object, (layout, described), names, &now);
            }
            if i.result == Some(object) {
                now = i.args.clone();
                continue;
            }
            // The reference that a store replaces is given up right behind it. A field that is none owns nothing.
            if std::mem::take(&mut gives_up) && i.op == Op::Dec {
                kept.push(release(i.args[0]));
                continue;
            }
            let offset = i.args.first().and_then(|a| names.at.get(a)).copied();
            let field = match (offset, i.imm.mem()) {
                (Some(o), Some(m)) => field_at(described, o, m),
                _ => None,
            };
            match (i.op, field) {
                (Op::Load, Some(f)) => {
                    if let Some(r) = i.result {
                        map.insert(r, now[f]);
                    }
                }
                (Op::Store, Some(f)) => {
                    now[f] = i.args[1];
                    gives_up = true;
                }
                (Op::Release, None) if offset.is_some() && described.class == 0 => {
                    // What it holds lives as long as it would.
                    let fields = described.fields.iter().zip(&now);
                    kept.extend(fields.filter_map(|(f, v)| {
                        let counted = f.ty == MemType::Boxed && !survey.quiet[v.index()];
                        counted.then(|| release(*v))
                    }));
                }
                (
                    Op::Load
                    | Op::Store
                    | Op::AsValue
                    | Op::AsPtr
                    | Op::AddrOf
                    | Op::IAdd
                    | Op::GuardType
                    | Op::Release,
                    None,
                ) if offset.is_some() => {}
                _ => kept.push(i),
            }
        }
        region.block_mut(b).insts = kept;
        if let Terminator::Exit(x) = region.block(b).term
            && naming.contains(&x)
        {
            describe(region, x, object, (layout, described), names, &now);
        }
        for &ch in &children[b.index()] {
            work.push((ch, now.clone()));
        }
    }
    let mut all = region.identity_map();
    for (from, to) in map {
        all[from.index()] = to;
    }
    region.replace_values(&all);
}

fn release(v: ValueId) -> Inst {
    Inst {
        op: Op::Release,
        args: vec![v],
        imm: Imm::Int(0),
        result: None,
        exit: None,
    }
}

/// Adds the object to an exit that names it.
fn describe(
    region: &mut Region,
    x: ExitId,
    object: ValueId,
    (layout, described): (LayoutId, &Layout),
    names: &Names,
    now: &[ValueId],
) {
    let exit = &mut region.exits[x.index()];
    // What the exit would store is in the object that is made there.
    let mut now = now.to_vec();
    exit.stores.retain(|s| {
        let Some(offset) = names.at.get(&s.base) else {
            return true;
        };
        if let Some(f) = field_at(described, *offset, s.mem) {
            now[f] = s.value;
        }
        false
    });
    let mut found = false;
    for v in exit
        .frames
        .iter_mut()
        .flat_map(|f| f.slots.iter_mut().map(|s| &mut s.value))
        .chain(
            exit.virtuals
                .iter_mut()
                .flat_map(|d| d.fields.iter_mut().map(|(v, _)| v)),
        )
    {
        if names.at.contains_key(v) {
            *v = object;
            found = true;
        }
    }
    if found && !exit.virtuals.iter().any(|d| d.value == object) {
        let fields = now.iter().map(|v| (*v, Ownership::Borrowed)).collect();
        exit.virtuals.push(SnapVirtual {
            value: object,
            layout,
            fields,
        });
    }
}
