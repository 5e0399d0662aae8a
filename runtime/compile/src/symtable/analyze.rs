//! Second pass: from definitions and uses to the scope of each name, block by block from the outside in, with
//! free variables handed back out.

use super::*;
use crate::error::{CompileError, Result};
use pyrs_syntax::ast::with_stack;
use std::collections::HashSet;

type Names = HashSet<Ident, FastHash>;

pub(super) fn analyze(table: &mut SymbolTable) -> Result<()> {
    let mut free = Names::default();
    let mut global = Names::default();
    let class_name: Ident = "__class__".into();
    block(table, BlockId(0), None, &mut free, &mut global, &class_name)
}

fn block(
    table: &mut SymbolTable,
    id: BlockId,
    mut bound: Option<&mut Names>,
    free: &mut Names,
    global: &mut Names,
    class_name: &Ident,
) -> Result<()> {
    let n = id.0 as usize;
    let block_type = table.blocks[n].block_type;
    let mut local = Names::default();
    let mut newbound = Names::default();
    let mut newglobal = Names::default();
    let mut newfree = Names::default();
    // A class's own names are not visible in the functions inside it: they see what was visible before.
    if block_type == BlockType::Class {
        newglobal.extend(global.iter().cloned());
        if let Some(bound) = bound.as_deref() {
            newbound.extend(bound.iter().cloned());
        }
    }
    let mut scopes = Vec::with_capacity(table.blocks[n].symbols.entries.len());
    for index in 0..table.blocks[n].symbols.entries.len() {
        let (name, flags) = table.blocks[n].symbols.entries[index].clone();
        scopes.push(name_scope(
            &mut table.blocks[n],
            &name,
            flags,
            bound.as_deref_mut(),
            &mut local,
            free,
            global,
        )?);
    }
    if block_type == BlockType::Class {
        newbound.insert(class_name.clone());
    } else {
        if block_type == BlockType::Function {
            newbound.extend(local.iter().cloned());
        }
        if let Some(bound) = bound.as_deref() {
            newbound.extend(bound.iter().cloned());
        }
        newglobal.extend(global.iter().cloned());
    }
    for index in 0..table.blocks[n].children.len() {
        let child = table.blocks[n].children[index];
        let mut child_bound = newbound.clone();
        let mut child_global = newglobal.clone();
        let mut child_free = Names::default();
        with_stack(|| {
            block(
                table,
                child,
                Some(&mut child_bound),
                &mut child_free,
                &mut child_global,
                class_name,
            )
        })?;
        newfree.extend(child_free);
        let child = &table.blocks[child.0 as usize];
        if child.free || child.child_free {
            table.blocks[n].child_free = true;
        }
    }
    if block_type == BlockType::Function {
        for (index, scope) in scopes.iter_mut().enumerate() {
            if *scope == Scope::Local && newfree.remove(&table.blocks[n].symbols.entries[index].0) {
                *scope = Scope::Cell;
            }
        }
    } else if block_type == BlockType::Class && newfree.remove(class_name) {
        table.blocks[n].needs_class_closure = true;
    }
    let block = &mut table.blocks[n];
    for ((_, flags), scope) in block.symbols.entries_mut().zip(&scopes) {
        *flags |= (*scope as u32) << def::SCOPE_OFFSET;
    }
    let mut passing: Vec<&Ident> = newfree.iter().collect();
    passing.sort();
    for name in passing {
        if block.symbols.contains(name) {
            let flags = block.symbols.get(name);
            if block_type == BlockType::Class && flags & (def::BOUND | def::GLOBAL) != 0 {
                block.symbols.set(name, flags | def::FREE_CLASS);
            }
        } else if bound.as_deref().is_none_or(|bound| bound.contains(name)) {
            block
                .symbols
                .set(name, (Scope::Free as u32) << def::SCOPE_OFFSET);
        }
    }
    free.extend(newfree);
    Ok(())
}

fn name_scope(
    block: &mut Block,
    name: &Ident,
    flags: u32,
    bound: Option<&mut Names>,
    local: &mut Names,
    free: &mut Names,
    global: &mut Names,
) -> Result<Scope> {
    if flags & def::GLOBAL != 0 {
        if flags & def::NONLOCAL != 0 {
            return Err(directive_error(
                block,
                name,
                format!("name '{name}' is nonlocal and global"),
            ));
        }
        global.insert(name.clone());
        if let Some(bound) = bound {
            bound.remove(name);
        }
        return Ok(Scope::GlobalExplicit);
    }
    if flags & def::NONLOCAL != 0 {
        let Some(bound) = bound else {
            return Err(directive_error(
                block,
                name,
                "nonlocal declaration not allowed at module level",
            ));
        };
        if !bound.contains(name) {
            return Err(directive_error(
                block,
                name,
                format!("no binding for nonlocal '{name}' found"),
            ));
        }
        block.free = true;
        free.insert(name.clone());
        return Ok(Scope::Free);
    }
    if flags & def::BOUND != 0 {
        local.insert(name.clone());
        global.remove(name);
        return Ok(Scope::Local);
    }
    if bound.is_some_and(|bound| bound.contains(name)) {
        block.free = true;
        free.insert(name.clone());
        return Ok(Scope::Free);
    }
    if !global.contains(name) && block.nested {
        block.free = true;
    }
    Ok(Scope::GlobalImplicit)
}

fn directive_error(block: &Block, name: &Ident, message: impl Into<String>) -> Box<CompileError> {
    let span = block
        .directives
        .iter()
        .find(|(n, _)| n == name)
        .map_or(block.span, |(_, span)| *span);
    CompileError::at(span, message)
}
