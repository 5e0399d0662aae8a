//! First pass: walks the tree in CPython's order (it decides which of several errors is reported, and the order
//! of names) and notes definitions and uses.

use super::*;
use crate::error::{CompileError, Result};
use crate::future::Future;
use pyrs_syntax::ast::*;

/// Builds and resolves the symbol table of a module.
pub fn build_symbol_table(
    module: &Mod,
    future: Future,
) -> std::result::Result<SymbolTable, Box<CompileError>> {
    build(module, future).map_err(CompileError::early)
}

fn build(module: &Mod, future: Future) -> std::result::Result<SymbolTable, Box<CompileError>> {
    let mut b = Builder {
        table: SymbolTable::default(),
        stack: Vec::new(),
        private: None,
        future_annotations: future.annotations(),
        top_level_await: future.top_level_await(),
    };
    b.enter("top".into(), BlockType::Module, 0, Span::default());
    match module {
        Mod::Module { body, .. } | Mod::Interactive { body } => b.body(body)?,
        Mod::Expression { body } => b.expr(body)?,
        Mod::FunctionType { .. } => {
            return Err(CompileError::value(
                "this compiler does not handle FunctionTypes",
            ));
        }
    }
    b.stack.pop();
    analyze::analyze(&mut b.table)?;
    Ok(b.table)
}

struct Builder {
    table: SymbolTable,
    stack: Vec<BlockId>,
    private: Option<Ident>,
    future_annotations: bool,
    top_level_await: bool,
}

impl Builder {
    fn current(&mut self) -> &mut Block {
        let id = self.current_id();
        &mut self.table.blocks[id.0 as usize]
    }
    fn current_id(&self) -> BlockId {
        self.stack.last().copied().unwrap_or(BlockId(0))
    }

    fn enter(&mut self, name: Ident, block_type: BlockType, key: usize, span: Span) {
        let id = BlockId(self.table.blocks.len() as u32);
        let mut nested = false;
        let mut comp_iter_expr = 0;
        if let Some(&parent) = self.stack.last() {
            let parent = &mut self.table.blocks[parent.0 as usize];
            comp_iter_expr = parent.comp_iter_expr;
            nested = parent.nested || parent.block_type == BlockType::Function;
            // Annotation blocks are looked through by `_symtable`, and so is their nesting.
            parent.children.push(id);
        }
        self.table.blocks.push(Block {
            name,
            block_type,
            symbols: Symbols::default(),
            varnames: Vec::new(),
            children: Vec::new(),
            span,
            nested,
            free: false,
            child_free: false,
            generator: false,
            coroutine: false,
            comprehension: ComprehensionKind::None,
            varargs: false,
            varkeywords: false,
            returns_value: false,
            needs_class_closure: false,
            walrus: Vec::new(),
            comp_iter_target: false,
            comp_iter_expr,
            directives: Vec::new(),
        });
        self.table.by_node.insert(key, id);
        self.stack.push(id);
    }

    fn lookup(&mut self, name: &Ident) -> u32 {
        let mangled = mangle_ident(self.private.as_deref(), name);
        self.current().symbols.get(&mangled)
    }

    fn add(&mut self, name: &Ident, flag: u32, span: Span) -> Result<()> {
        let id = self.current_id();
        self.add_to(id, name, flag, span)
    }

    fn add_to(&mut self, id: BlockId, name: &Ident, flag: u32, span: Span) -> Result<()> {
        let mangled = mangle_ident(self.private.as_deref(), name);
        let block = &mut self.table.blocks[id.0 as usize];
        let mut value = block.symbols.get(&mangled);
        if flag & def::PARAM != 0 && value & def::PARAM != 0 {
            let message = format!("duplicate argument '{name}' in function definition");
            return Err(CompileError::at(span, message));
        }
        value |= flag;
        if block.comp_iter_target {
            // An iteration variable must not be the target of an assignment expression.
            if value & (def::GLOBAL | def::NONLOCAL) != 0 {
                let message = format!(
                    "comprehension inner loop cannot rebind assignment expression target '{name}'"
                );
                return Err(CompileError::at(span, message));
            }
            value |= def::COMP_ITER;
        }
        block.symbols.set(&mangled, value);
        if flag & def::PARAM != 0 {
            block.varnames.push(mangled);
        } else if flag & def::GLOBAL != 0 {
            let top = &mut self.table.blocks[0].symbols;
            let value = top.get(&mangled) | flag;
            top.set(&mangled, value);
        }
        Ok(())
    }

    fn directive(&mut self, name: &Ident, span: Span) {
        let mangled = mangle_ident(self.private.as_deref(), name);
        self.current().directives.push((mangled, span));
    }

    fn body(&mut self, body: &[Stmt]) -> Result<()> {
        body.iter().try_for_each(|s| self.stmt(s))
    }
    fn exprs(&mut self, exprs: &[Expr]) -> Result<()> {
        exprs.iter().try_for_each(|e| self.expr(e))
    }
    fn opt(&mut self, e: &Option<P<Expr>>) -> Result<()> {
        e.as_ref().map_or(Ok(()), |e| self.expr(e))
    }
    fn opts(&mut self, exprs: &[Option<Expr>]) -> Result<()> {
        exprs.iter().flatten().try_for_each(|e| self.expr(e))
    }
    fn keywords(&mut self, keywords: &[Keyword]) -> Result<()> {
        keywords.iter().try_for_each(|k| self.expr(&k.value))
    }

    fn stmt(&mut self, s: &Stmt) -> Result<()> {
        with_stack(|| self.stmt_inner(s))
    }

    fn stmt_inner(&mut self, s: &Stmt) -> Result<()> {
        match &s.kind {
            StmtKind::FunctionDef {
                name,
                args,
                body,
                decorator_list,
                returns,
                ..
            }
            | StmtKind::AsyncFunctionDef {
                name,
                args,
                body,
                decorator_list,
                returns,
                ..
            } => {
                self.add(name, def::LOCAL, s.span)?;
                self.exprs(&args.defaults)?;
                self.opts(&args.kw_defaults)?;
                self.annotations(s, args, returns)?;
                self.exprs(decorator_list)?;
                self.enter(name.clone(), BlockType::Function, node_key(s), s.span);
                if matches!(s.kind, StmtKind::AsyncFunctionDef { .. }) {
                    self.current().coroutine = true;
                }
                self.arguments(args)?;
                self.body(body)?;
                self.stack.pop();
            }
            StmtKind::ClassDef {
                name,
                bases,
                keywords,
                body,
                decorator_list,
            } => {
                self.add(name, def::LOCAL, s.span)?;
                self.exprs(bases)?;
                self.keywords(keywords)?;
                self.exprs(decorator_list)?;
                self.enter(name.clone(), BlockType::Class, node_key(s), s.span);
                let outer = self.private.replace(name.clone());
                self.body(body)?;
                self.private = outer;
                self.stack.pop();
            }
            StmtKind::Return { value } => {
                if value.is_some() {
                    self.opt(value)?;
                    self.current().returns_value = true;
                }
            }
            StmtKind::Delete { targets } => self.exprs(targets)?,
            StmtKind::Assign { targets, value, .. } => {
                self.exprs(targets)?;
                self.expr(value)?;
            }
            StmtKind::AugAssign { target, value, .. } => {
                self.expr(target)?;
                self.expr(value)?;
            }
            StmtKind::AnnAssign {
                target,
                annotation,
                value,
                simple,
            } => {
                self.ann_assign(s, target, value.is_some(), *simple != 0)?;
                self.annotation(annotation)?;
                self.opt(value)?;
            }
            StmtKind::For {
                target,
                iter,
                body,
                orelse,
                ..
            }
            | StmtKind::AsyncFor {
                target,
                iter,
                body,
                orelse,
                ..
            } => {
                self.expr(target)?;
                self.expr(iter)?;
                self.body(body)?;
                self.body(orelse)?;
                if matches!(s.kind, StmtKind::AsyncFor { .. }) {
                    self.top_level_async();
                }
            }
            StmtKind::While { test, body, orelse } | StmtKind::If { test, body, orelse } => {
                self.expr(test)?;
                self.body(body)?;
                self.body(orelse)?;
            }
            StmtKind::With { items, body, .. } | StmtKind::AsyncWith { items, body, .. } => {
                for item in items {
                    self.expr(&item.context_expr)?;
                    self.opt(&item.optional_vars)?;
                }
                self.body(body)?;
                if matches!(s.kind, StmtKind::AsyncWith { .. }) {
                    self.top_level_async();
                }
            }
            StmtKind::Match { subject, cases } => {
                self.expr(subject)?;
                for case in cases {
                    self.pattern(&case.pattern)?;
                    self.opt(&case.guard)?;
                    self.body(&case.body)?;
                }
            }
            StmtKind::Raise { exc, cause } => {
                self.opt(exc)?;
                self.opt(cause)?;
            }
            StmtKind::Try {
                body,
                handlers,
                orelse,
                finalbody,
            }
            | StmtKind::TryStar {
                body,
                handlers,
                orelse,
                finalbody,
            } => {
                self.body(body)?;
                self.body(orelse)?;
                for handler in handlers {
                    self.opt(&handler.type_)?;
                    if let Some(name) = &handler.name {
                        self.add(name, def::LOCAL, handler.span)?;
                    }
                    self.body(&handler.body)?;
                }
                self.body(finalbody)?;
            }
            StmtKind::Assert { test, msg } => {
                self.expr(test)?;
                self.opt(msg)?;
            }
            StmtKind::Import { names } | StmtKind::ImportFrom { names, .. } => {
                names.iter().try_for_each(|a| self.alias(a))?;
            }
            StmtKind::Global { names } => {
                for name in names {
                    self.declare(s, name, def::GLOBAL, "global")?;
                }
            }
            StmtKind::Nonlocal { names } => {
                for name in names {
                    self.declare(s, name, def::NONLOCAL, "nonlocal")?;
                }
            }
            StmtKind::Expr { value } => self.expr(value)?,
            StmtKind::Pass {} | StmtKind::Break {} | StmtKind::Continue {} => {}
        }
        Ok(())
    }

    /// With top-level `await` allowed, the module itself becomes a coroutine.
    fn top_level_async(&mut self) {
        if self.top_level_await && self.current().block_type == BlockType::Module {
            self.current().coroutine = true;
        }
    }

    fn declare(&mut self, s: &Stmt, name: &Ident, flag: u32, word: &str) -> Result<()> {
        let have = self.lookup(name);
        if have & (def::PARAM | def::LOCAL | def::USE | def::ANNOT) != 0 {
            let message = if have & def::PARAM != 0 {
                format!("name '{name}' is parameter and {word}")
            } else if have & def::USE != 0 {
                format!("name '{name}' is used prior to {word} declaration")
            } else if have & def::ANNOT != 0 {
                format!("annotated name '{name}' can't be {word}")
            } else {
                format!("name '{name}' is assigned to before {word} declaration")
            };
            return Err(CompileError::at(s.span, message));
        }
        self.add(name, flag, s.span)?;
        self.directive(name, s.span);
        Ok(())
    }

    fn ann_assign(&mut self, s: &Stmt, target: &Expr, has_value: bool, simple: bool) -> Result<()> {
        let ExprKind::Name { id, .. } = &target.kind else {
            return self.expr(target);
        };
        let have = self.lookup(id);
        if have & (def::GLOBAL | def::NONLOCAL) != 0 && self.current_id() != BlockId(0) && simple {
            let word = if have & def::GLOBAL != 0 {
                "global"
            } else {
                "nonlocal"
            };
            return Err(CompileError::at(
                s.span,
                format!("annotated name '{id}' can't be {word}"),
            ));
        }
        if simple {
            self.add(id, def::ANNOT | def::LOCAL, target.span)?;
        } else if has_value {
            self.add(id, def::LOCAL, target.span)?;
        }
        Ok(())
    }

    fn annotation(&mut self, annotation: &Expr) -> Result<()> {
        if self.future_annotations {
            self.enter(
                "_annotation".into(),
                BlockType::Annotation,
                node_key(annotation),
                annotation.span,
            );
        }
        self.expr(annotation)?;
        if self.future_annotations {
            self.stack.pop();
        }
        Ok(())
    }

    fn annotations(&mut self, s: &Stmt, args: &Arguments, returns: &Option<P<Expr>>) -> Result<()> {
        if self.future_annotations {
            self.enter(
                "_annotation".into(),
                BlockType::Annotation,
                node_key(args),
                s.span,
            );
        }
        let plain = args.posonlyargs.iter().chain(&args.args);
        let stars = args.vararg.iter().chain(&args.kwarg).map(|a| &**a);
        for arg in plain.chain(stars).chain(&args.kwonlyargs) {
            self.opt(&arg.annotation)?;
        }
        if self.future_annotations {
            self.stack.pop();
        }
        match returns {
            Some(returns) => self.annotation(returns),
            None => Ok(()),
        }
    }

    fn arguments(&mut self, args: &Arguments) -> Result<()> {
        for arg in args
            .posonlyargs
            .iter()
            .chain(&args.args)
            .chain(&args.kwonlyargs)
        {
            self.add(&arg.arg, def::PARAM, arg.span)?;
        }
        if let Some(arg) = &args.vararg {
            self.add(&arg.arg, def::PARAM, arg.span)?;
            self.current().varargs = true;
        }
        if let Some(arg) = &args.kwarg {
            self.add(&arg.arg, def::PARAM, arg.span)?;
            self.current().varkeywords = true;
        }
        Ok(())
    }

    fn alias(&mut self, alias: &Alias) -> Result<()> {
        if &*alias.name == "*" {
            if self.current().block_type != BlockType::Module {
                return Err(CompileError::at(
                    alias.span,
                    "import * only allowed at module level",
                ));
            }
            return Ok(());
        }
        let stored: Ident = match &alias.asname {
            Some(name) => name.clone(),
            None => match alias.name.split_once('.') {
                Some((first, _)) => first.into(),
                None => alias.name.clone(),
            },
        };
        self.add(&stored, def::IMPORT, alias.span)
    }

    fn pattern(&mut self, p: &Pattern) -> Result<()> {
        with_stack(|| match &p.kind {
            PatternKind::MatchValue { value } => self.expr(value),
            PatternKind::MatchSingleton { .. } => Ok(()),
            PatternKind::MatchSequence { patterns } | PatternKind::MatchOr { patterns } => {
                patterns.iter().try_for_each(|p| self.pattern(p))
            }
            PatternKind::MatchStar { name } => name
                .as_ref()
                .map_or(Ok(()), |n| self.add(n, def::LOCAL, p.span)),
            PatternKind::MatchMapping {
                keys,
                patterns,
                rest,
            } => {
                self.exprs(keys)?;
                patterns.iter().try_for_each(|p| self.pattern(p))?;
                rest.as_ref()
                    .map_or(Ok(()), |n| self.add(n, def::LOCAL, p.span))
            }
            PatternKind::MatchClass {
                cls,
                patterns,
                kwd_patterns,
                ..
            } => {
                self.expr(cls)?;
                patterns
                    .iter()
                    .chain(kwd_patterns)
                    .try_for_each(|p| self.pattern(p))
            }
            PatternKind::MatchAs { pattern, name } => {
                if let Some(inner) = pattern {
                    self.pattern(inner)?;
                }
                name.as_ref()
                    .map_or(Ok(()), |n| self.add(n, def::LOCAL, p.span))
            }
        })
    }

    fn not_in_annotation(&mut self, what: &str, e: &Expr) -> Result<()> {
        if self.current().block_type == BlockType::Annotation {
            let message = format!("'{what}' can not be used within an annotation");
            return Err(CompileError::at(e.span, message));
        }
        Ok(())
    }

    fn expr(&mut self, e: &Expr) -> Result<()> {
        with_stack(|| self.expr_inner(e))
    }

    fn expr_inner(&mut self, e: &Expr) -> Result<()> {
        match &e.kind {
            ExprKind::NamedExpr { target, value } => {
                self.not_in_annotation("named expression", e)?;
                if self.current().comp_iter_expr > 0 {
                    let message = "assignment expression cannot be used in a comprehension iterable expression";
                    return Err(CompileError::at(e.span, message));
                }
                if self.current().comprehension != ComprehensionKind::None {
                    self.extend_walrus(target)?;
                }
                self.expr(value)?;
                self.expr(target)?;
                if let ExprKind::Name { id, .. } = &target.kind {
                    let mangled = mangle_ident(self.private.as_deref(), id);
                    self.current().walrus.push(mangled);
                }
            }
            ExprKind::BoolOp { values, .. } => self.exprs(values)?,
            ExprKind::BinOp { left, right, .. } => {
                self.expr(left)?;
                self.expr(right)?;
            }
            ExprKind::UnaryOp { operand, .. } => self.expr(operand)?,
            ExprKind::Lambda { args, body } => {
                self.exprs(&args.defaults)?;
                self.opts(&args.kw_defaults)?;
                self.enter("lambda".into(), BlockType::Function, node_key(e), e.span);
                self.arguments(args)?;
                self.expr(body)?;
                self.stack.pop();
            }
            ExprKind::IfExp { test, body, orelse } => {
                self.expr(test)?;
                self.expr(body)?;
                self.expr(orelse)?;
            }
            ExprKind::Dict { keys, values } => {
                self.opts(keys)?;
                self.exprs(values)?;
            }
            ExprKind::Set { elts } | ExprKind::List { elts, .. } | ExprKind::Tuple { elts, .. } => {
                self.exprs(elts)?
            }
            ExprKind::ListComp { elt, generators } => {
                self.comprehension(
                    e,
                    "listcomp",
                    ComprehensionKind::List,
                    elt,
                    None,
                    generators,
                )?;
            }
            ExprKind::SetComp { elt, generators } => {
                self.comprehension(e, "setcomp", ComprehensionKind::Set, elt, None, generators)?;
            }
            ExprKind::GeneratorExp { elt, generators } => {
                self.comprehension(
                    e,
                    "genexpr",
                    ComprehensionKind::Generator,
                    elt,
                    None,
                    generators,
                )?;
            }
            ExprKind::DictComp {
                key,
                value,
                generators,
            } => {
                self.comprehension(
                    e,
                    "dictcomp",
                    ComprehensionKind::Dict,
                    key,
                    Some(value),
                    generators,
                )?;
            }
            ExprKind::Yield { value } => {
                self.not_in_annotation("yield expression", e)?;
                self.opt(value)?;
                self.yielding(e)?;
            }
            ExprKind::YieldFrom { value } => {
                self.not_in_annotation("yield expression", e)?;
                self.expr(value)?;
                self.yielding(e)?;
            }
            ExprKind::Await { value } => {
                self.not_in_annotation("await expression", e)?;
                self.expr(value)?;
                self.current().coroutine = true;
            }
            ExprKind::Compare {
                left, comparators, ..
            } => {
                self.expr(left)?;
                self.exprs(comparators)?;
            }
            ExprKind::Call {
                func,
                args,
                keywords,
            } => {
                self.expr(func)?;
                self.exprs(args)?;
                self.keywords(keywords)?;
            }
            ExprKind::FormattedValue {
                value, format_spec, ..
            } => {
                self.expr(value)?;
                self.opt(format_spec)?;
            }
            ExprKind::JoinedStr { values } => self.exprs(values)?,
            ExprKind::Constant { .. } => {}
            ExprKind::Attribute { value, .. } | ExprKind::Starred { value, .. } => {
                self.expr(value)?
            }
            ExprKind::Subscript { value, slice, .. } => {
                self.expr(value)?;
                self.expr(slice)?;
            }
            ExprKind::Slice { lower, upper, step } => {
                self.opt(lower)?;
                self.opt(upper)?;
                self.opt(step)?;
            }
            ExprKind::Name { id, ctx } => {
                let load = *ctx == ExprContext::Load;
                self.add(id, if load { def::USE } else { def::LOCAL }, e.span)?;
                // Zero-argument super() needs the class.
                if load && self.current().block_type == BlockType::Function && &**id == "super" {
                    self.add(&"__class__".into(), def::USE, e.span)?;
                }
            }
        }
        Ok(())
    }

    fn yielding(&mut self, e: &Expr) -> Result<()> {
        self.current().generator = true;
        let place = match self.current().comprehension {
            ComprehensionKind::None => return Ok(()),
            ComprehensionKind::List => "list comprehension",
            ComprehensionKind::Set => "set comprehension",
            ComprehensionKind::Dict => "dict comprehension",
            ComprehensionKind::Generator => "generator expression",
        };
        Err(CompileError::at(e.span, format!("'yield' inside {place}")))
    }

    /// An assignment expression in a comprehension binds in the scope around all comprehensions.
    fn extend_walrus(&mut self, target: &Expr) -> Result<()> {
        let ExprKind::Name { id, .. } = &target.kind else {
            return Ok(());
        };
        let mangled = mangle_ident(self.private.as_deref(), id);
        for index in (0..self.stack.len()).rev() {
            let outer = self.stack[index];
            let block = &self.table.blocks[outer.0 as usize];
            let flags = block.symbols.get(&mangled);
            if block.comprehension != ComprehensionKind::None {
                if flags & def::COMP_ITER != 0 {
                    let message = format!(
                        "assignment expression cannot rebind comprehension iteration variable '{id}'"
                    );
                    return Err(CompileError::at(target.span, message));
                }
                continue;
            }
            match block.block_type {
                BlockType::Function => {
                    let flag = if flags & def::GLOBAL != 0 {
                        def::GLOBAL
                    } else {
                        def::NONLOCAL
                    };
                    self.add(id, flag, target.span)?;
                    self.directive(id, target.span);
                    return self.add_to(outer, id, def::LOCAL, target.span);
                }
                BlockType::Module => {
                    self.add(id, def::GLOBAL, target.span)?;
                    self.directive(id, target.span);
                    return self.add_to(outer, id, def::GLOBAL, target.span);
                }
                BlockType::Class => {
                    let message = "assignment expression within a comprehension cannot be used in a class body";
                    return Err(CompileError::at(target.span, message));
                }
                BlockType::Annotation => {}
            }
        }
        Ok(())
    }

    fn comprehension(
        &mut self,
        e: &Expr,
        name: &str,
        kind: ComprehensionKind,
        elt: &Expr,
        value: Option<&Expr>,
        generators: &[Comprehension],
    ) -> Result<()> {
        let Some((first, rest)) = generators.split_first() else {
            return Err(CompileError::value("comprehension with no generators"));
        };
        // The outermost iterable belongs to the enclosing scope.
        self.current().comp_iter_expr += 1;
        self.expr(&first.iter)?;
        self.current().comp_iter_expr -= 1;
        self.enter(name.into(), BlockType::Function, node_key(e), e.span);
        self.current().comprehension = kind;
        if first.is_async != 0 {
            self.current().coroutine = true;
        }
        self.add(&".0".into(), def::PARAM, e.span)?;
        self.iteration_target(&first.target)?;
        self.exprs(&first.ifs)?;
        for generator in rest {
            self.iteration_target(&generator.target)?;
            self.current().comp_iter_expr += 1;
            self.expr(&generator.iter)?;
            self.current().comp_iter_expr -= 1;
            self.exprs(&generator.ifs)?;
            if generator.is_async != 0 {
                self.current().coroutine = true;
            }
        }
        if let Some(value) = value {
            self.expr(value)?;
        }
        self.expr(elt)?;
        let is_generator = kind == ComprehensionKind::Generator;
        self.current().generator = is_generator;
        let is_async = self.current().coroutine && !is_generator;
        self.stack.pop();
        if is_async {
            self.current().coroutine = true;
        }
        Ok(())
    }

    fn iteration_target(&mut self, target: &Expr) -> Result<()> {
        self.current().comp_iter_target = true;
        self.expr(target)?;
        self.current().comp_iter_target = false;
        Ok(())
    }
}
