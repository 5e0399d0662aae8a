//! Symbol table and code generator: AST to register bytecode.
