//! The one table of opcodes. Everything else (enum, metadata, disassembler, validator, register effects) is
//! derived from it; a consumer passes a macro that receives every row.
//!
//! A row reads
//! `NAME AUX (A B C) EXTRA [FLAGS] {FORMS} "meaning";`
//!
//! - `AUX` says what the `d` field holds beside the kill bits (see [`crate::Aux`]).
//! - `A B C` are [`crate::Kind`]s of the three 16-bit fields. `OFF` takes the 32 bits of `b` and `c`.
//! - `EXTRA` is the number of words that follow; they are inline cache unless the meaning defines fields.
//! - `FLAGS`: `RAISES` may raise; `CALLS` may run Python code; `JUMP` target in `OFF`; `JUMP_EXTRA` target in
//!   the low 32 bits of the first extra word; `END` never falls through; `SUSPENDS` leaves the frame.
//! - `FORMS` are the quickened forms; the interpreter rewrites the op byte in place among the base and its forms,
//!   so operands and extra words are those of the base.
//!
//! Conventions that every consumer relies on:
//! - registers own their values; a killed or taken register holds nothing that is owned afterwards (it is empty,
//!   or still holds an immediate: readers of dead registers do not exist, so fast paths on immediates may ignore
//!   kill bits);
//! - an op writes its destination after it has read all operands, and leaves it alone when it raises;
//! - writing a register releases what it held.

/// Calls `$m!` with all rows.
#[macro_export]
macro_rules! for_each_op {
    ($m:ident) => {
        $m! {
// Moves and locals
NOP NONE (NONE NONE NONE) 0 [] {} "does nothing (line events)";
MOVE NONE (W R NONE) 0 [] {} "a = b (kill b: ownership moves)";
LOADK NONE (W KONST32 NONE) 0 [] {} "a = constant (b,c)";
CHECK_LOCAL NONE (MAYBE NONE NONE) 0 [RAISES] {} "UnboundLocalError if register a is empty";
DELETE_LOCAL NONE (TAKE NONE NONE) 0 [CALLS] {} "empties local a (bound: CHECK_LOCAL comes before where it may not be)";
CLEAR NONE (MAYBETAKE NONE NONE) 0 [CALLS] {} "releases temporary a, which may be empty";
// Names
LOAD_GLOBAL NONE (W NAME NONE) 3 [RAISES CALLS] {LOAD_GLOBAL_MODULE LOAD_GLOBAL_BUILTIN} "a = globals or builtins [name b]";
STORE_GLOBAL NONE (R NAME NONE) 3 [RAISES CALLS] {STORE_GLOBAL_MODULE} "globals[name b] = a";
DELETE_GLOBAL NONE (NAME NONE NONE) 0 [RAISES CALLS] {} "del globals[name a]";
LOAD_NAME NONE (W NAME NONE) 3 [RAISES CALLS] {LOAD_NAME_MODULE LOAD_NAME_BUILTIN LOAD_NAME_LOCAL} "a = locals, globals or builtins [name b]";
STORE_NAME NONE (R NAME NONE) 3 [RAISES CALLS] {STORE_NAME_MODULE STORE_NAME_LOCAL} "locals[name b] = a";
DELETE_NAME NONE (NAME NONE NONE) 0 [RAISES CALLS] {} "del locals[name a]";
LOAD_CLASSDEREF NONE (W CELL NONE) 0 [RAISES CALLS] {} "a = locals[name of cell b] or the cell's content";
MAKE_CELL NONE (MAKECELL NONE NONE) 0 [] {} "register a = new cell holding what a held (maybe empty)";
LOAD_DEREF NONE (W CELL NONE) 0 [RAISES] {} "a = content of cell b; NameError or UnboundLocalError if empty";
STORE_DEREF NONE (CELL R NONE) 0 [CALLS] {} "content of cell a = b";
DELETE_DEREF NONE (CELL NONE NONE) 0 [RAISES CALLS] {} "empties cell a; NameError or UnboundLocalError if empty";
// Attributes
LOAD_ATTR NONE (W R NAME) 4 [RAISES CALLS] {LOAD_ATTR_SLOT LOAD_ATTR_DICT LOAD_ATTR_MODULE LOAD_ATTR_CLASS LOAD_ATTR_PROPERTY LOAD_ATTR_METHOD_DESCR LOAD_ATTR_MEMBER LOAD_ATTR_NONDESCR LOAD_ATTR_GETATTR LOAD_ATTR_GETSET} "a = b.name c";
STORE_ATTR NONE (R R NAME) 4 [RAISES CALLS] {STORE_ATTR_SLOT STORE_ATTR_NEW_SLOT STORE_ATTR_DICT STORE_ATTR_MEMBER STORE_ATTR_PROPERTY STORE_ATTR_SETATTR} "a.name c = b";
DELETE_ATTR NONE (R NAME NONE) 0 [RAISES CALLS] {} "del a.name b";
LOAD_METHOD NONE (WIN R NAME) 4 [RAISES CALLS] {LOAD_METHOD_NO_DICT LOAD_METHOD_SLOT_SHAPE LOAD_METHOD_DICT LOAD_METHOD_MODULE LOAD_METHOD_CLASS LOAD_METHOD_CLASS_SELF LOAD_METHOD_CLASSMETHOD LOAD_METHOD_INSTANCE} "a = callable, a+1 = self or empty, for b.name c (b may be a or a+1)";
// Calls. Window: [a] callable, [a+1] self or empty if d says METHOD (else unused), [a+2..] arguments. All are taken.
CALL CALL (WIN IMM W) 3 [RAISES CALLS] {CALL_PY_EXACT CALL_PY_GENERAL CALL_BOUND_PY_EXACT CALL_BOUND_PY_GENERAL CALL_NATIVE_O CALL_NATIVE_NOARGS CALL_NATIVE_FAST CALL_NATIVE_KW CALL_METHOD_O CALL_METHOD_NOARGS CALL_METHOD_FAST CALL_TYPE_1 CALL_STR_1 CALL_TUPLE_1 CALL_CLASS CALL_BUILTIN_CLASS CALL_LEN CALL_ISINSTANCE CALL_LIST_APPEND CALL_VECTORCALL} "c = [a](b arguments)";
CALL_KW CALL (WIN IMM W) 4 [RAISES CALLS] {CALL_KW_PY CALL_KW_BOUND_PY CALL_KW_NATIVE CALL_KW_CLASS CALL_KW_VECTORCALL} "c = [a](b arguments, the last ones named by constant tuple (extra word 0)); extra 1..4 cache";
CALL_EX EX (WIN NONE W) 0 [RAISES CALLS] {} "c = [a](*[a+2], **[a+3] if d says so)";
// Binary operators: d bit 7 = in place
ADD BIN (W R R) 1 [RAISES CALLS] {ADD_INT ADD_FLOAT ADD_INT_FLOAT ADD_STR ADD_LIST ADD_EXT} "a = b + c";
SUB BIN (W R R) 1 [RAISES CALLS] {SUB_INT SUB_FLOAT SUB_INT_FLOAT SUB_EXT} "a = b - c";
MUL BIN (W R R) 1 [RAISES CALLS] {MUL_INT MUL_FLOAT MUL_INT_FLOAT MUL_EXT} "a = b * c";
TRUEDIV BIN (W R R) 1 [RAISES CALLS] {TRUEDIV_INT TRUEDIV_FLOAT TRUEDIV_INT_FLOAT TRUEDIV_EXT} "a = b / c";
FLOORDIV BIN (W R R) 1 [RAISES CALLS] {FLOORDIV_INT FLOORDIV_FLOAT} "a = b // c";
MOD BIN (W R R) 1 [RAISES CALLS] {MOD_INT MOD_FLOAT MOD_STR} "a = b % c";
POW BIN (W R R) 1 [RAISES CALLS] {POW_INT POW_FLOAT} "a = b ** c";
MATMUL BIN (W R R) 1 [RAISES CALLS] {MATMUL_EXT} "a = b @ c";
LSHIFT BIN (W R R) 1 [RAISES CALLS] {LSHIFT_INT} "a = b << c";
RSHIFT BIN (W R R) 1 [RAISES CALLS] {RSHIFT_INT} "a = b >> c";
AND BIN (W R R) 1 [RAISES CALLS] {AND_INT} "a = b & c";
OR BIN (W R R) 1 [RAISES CALLS] {OR_INT} "a = b | c";
XOR BIN (W R R) 1 [RAISES CALLS] {XOR_INT} "a = b ^ c";
NEG NONE (W R NONE) 0 [RAISES CALLS] {} "a = -b";
POS NONE (W R NONE) 0 [RAISES CALLS] {} "a = +b";
INVERT NONE (W R NONE) 0 [RAISES CALLS] {} "a = ~b";
NOT NONE (W R NONE) 0 [RAISES CALLS] {} "a = not b";
// Comparisons
COMPARE CMP (W R R) 1 [RAISES CALLS] {COMPARE_INT COMPARE_FLOAT COMPARE_STR COMPARE_EXT} "a = b (d & 7) c";
COMPARE_JUMP CMP (R R NONE) 1 [RAISES CALLS JUMP_EXTRA] {COMPARE_JUMP_INT COMPARE_JUMP_FLOAT COMPARE_JUMP_STR} "jumps if truth of a (d & 7) b is (d & 8 != 0); the extra word's high half is cache";
IS INVERT (W R R) 0 [] {} "a = b is c, inverted by d bit 0";
CONTAINS INVERT (W R R) 1 [RAISES CALLS] {CONTAINS_SET CONTAINS_DICT CONTAINS_STR CONTAINS_LIST} "a = b in c (c is the container), inverted by d bit 0";
// Jumps
JUMP NONE (NONE OFF NONE) 0 [JUMP END] {} "forward jump";
JUMP_BACK NONE (NONE OFF NONE) 1 [RAISES CALLS JUMP END] {JUMP_BACK_JIT} "backward jump: safepoint, hot-loop counter in the extra word";
JUMP_IF_TRUE FALLKILL (R OFF NONE) 0 [RAISES CALLS JUMP] {JUMP_IF_TRUE_BOOL} "jumps if a is true; d bit 0: release a when not taken";
JUMP_IF_FALSE FALLKILL (R OFF NONE) 0 [RAISES CALLS JUMP] {JUMP_IF_FALSE_BOOL} "jumps if a is false; d bit 0: release a when not taken";
JUMP_IF_NONE NONE (R OFF NONE) 0 [CALLS JUMP] {} "jumps if a is None";
JUMP_IF_NOT_NONE NONE (R OFF NONE) 0 [CALLS JUMP] {} "jumps if a is not None";
// Iteration
GET_ITER NONE (W R NONE) 0 [RAISES CALLS] {} "a = iter(b)";
FOR_ITER NONE (REG W NONE) 1 [RAISES CALLS] {FOR_ITER_RANGE FOR_ITER_LIST FOR_ITER_TUPLE FOR_ITER_GEN FOR_ITER_NATIVE} "b = next(a) and skip the JUMP that follows; exhausted: release a, fall into the JUMP";
// Displays. The registers from b on are taken.
BUILD_TUPLE NONE (W WIN IMM) 0 [] {} "a = tuple of c registers from b";
BUILD_LIST NONE (W WIN IMM) 0 [] {} "a = list of c registers from b";
BUILD_SET NONE (W WIN IMM) 0 [RAISES CALLS] {} "a = set of c registers from b, added in order";
BUILD_MAP NONE (W WIN IMM) 0 [RAISES CALLS] {} "a = dict of c key/value pairs from b";
BUILD_CONST_KEY_MAP NONE (W WIN IMM) 1 [RAISES CALLS] {} "a = dict of c values from b, keys: constant tuple (extra word)";
BUILD_STRING NONE (W WIN IMM) 0 [RAISES] {} "a = concatenation of c strings from b";
BUILD_SLICE NONE (W WIN IMM) 0 [] {} "a = slice of 2 or 3 (c) registers from b";
LIST_APPEND NONE (REG R NONE) 0 [RAISES] {} "list a, append b";
LIST_EXTEND NONE (REG R NONE) 0 [RAISES CALLS] {} "list a, extend by iterable b; error text: Value after * must be an iterable";
SET_ADD NONE (REG R NONE) 0 [RAISES CALLS] {} "set a, add b";
SET_UPDATE NONE (REG R NONE) 0 [RAISES CALLS] {} "set a, update by iterable b";
MAP_ADD NONE (REG R R) 0 [RAISES CALLS] {} "dict a[b] = c";
DICT_UPDATE NONE (REG R NONE) 0 [RAISES CALLS] {} "dict a, update by mapping b; error text: 'X' object is not a mapping";
DICT_MERGE NONE (REG R REG) 0 [RAISES CALLS] {} "dict a, add mapping b of a call's **: duplicates are errors that name callable c";
LIST_TO_TUPLE NONE (W R NONE) 0 [] {} "a = tuple(list b)";
FORMAT_VALUE FORMAT (W R R) 0 [RAISES CALLS] {} "a = format(b); d: low two bits conversion (0 none, 1 str, 2 repr, 3 ascii), bit 2: c is the spec (else unused)";
// Unpacking and subscripts
UNPACK_SEQUENCE NONE (WIN R IMM) 0 [RAISES CALLS] {UNPACK_SEQUENCE_TUPLE UNPACK_SEQUENCE_LIST} "c registers from a = items of b";
UNPACK_EX NONE (WIN R IMM) 0 [RAISES CALLS] {} "registers from a = (c & 255) items, list of the rest, (c >> 8) items of b";
LOAD_SUBSCR NONE (W R R) 2 [RAISES CALLS] {LOAD_SUBSCR_LIST_INT LOAD_SUBSCR_TUPLE_INT LOAD_SUBSCR_DICT LOAD_SUBSCR_STR_INT LOAD_SUBSCR_GETITEM LOAD_SUBSCR_EXT LOAD_SUBSCR_LIST_SLICE} "a = b[c]";
STORE_SUBSCR NONE (R R R) 1 [RAISES CALLS] {STORE_SUBSCR_LIST_INT STORE_SUBSCR_DICT STORE_SUBSCR_EXT} "a[b] = c";
DELETE_SUBSCR NONE (R R NONE) 0 [RAISES CALLS] {} "del a[b]";
// Functions
MAKE_FUNCTION FUNC (W WIN KONST) 0 [] {} "a = function of code constant c; taken from b on, in this order if d has the bit: 1 defaults tuple, 2 kwdefaults dict, 4 annotations tuple (name, value, ...), 8 closure tuple of cells";
LOAD_BUILD_CLASS NONE (W NONE NONE) 0 [RAISES CALLS] {} "a = builtins.__build_class__";
RETURN NONE (R NONE NONE) 0 [END CALLS] {} "returns a (killed)";
RETURN_GENERATOR NONE (NONE NONE NONE) 0 [RAISES SUSPENDS] {} "detaches the frame into a generator, coroutine or async generator and returns that";
YIELD NONE (W R NONE) 0 [RAISES CALLS SUSPENDS] {} "yields b (killed); on resumption a = value sent";
YIELD_FROM NONE (W TAKE TAKE) 0 [RAISES CALLS SUSPENDS] {} "sends c to iterator b; what it yields is yielded and the value sent next replaces c, then this op runs again; when it returns: b and c released, then a = its value (a may be b)";
GET_YIELD_FROM_ITER NONE (W R NONE) 0 [RAISES CALLS] {} "a = iterator for yield from b";
GET_AWAITABLE AWAIT (W R NONE) 0 [RAISES CALLS] {} "a = awaitable iterator of b; d: 0 plain, 1 result of __aenter__, 2 of __aexit__ (error texts)";
GET_AITER NONE (W R NONE) 0 [RAISES CALLS] {} "a = aiter(b)";
GET_ANEXT NONE (W REG NONE) 0 [RAISES CALLS] {} "a = awaitable iterator of b.__anext__()";
END_ASYNC_FOR NONE (TAKE TAKE NONE) 0 [RAISES CALLS] {} "exception a: StopAsyncIteration ends the loop (a and async iterator b released), else reraised";
ASYNC_GEN_WRAP NONE (W R NONE) 0 [RAISES] {} "a = b wrapped as a value that an async generator yields";
// Context managers
BEFORE_WITH NONE (WIN R NONE) 0 [RAISES CALLS] {} "a, a+1 = __exit__ and its self or empty, a+2 = b.__enter__()";
BEFORE_ASYNC_WITH NONE (WIN R NONE) 0 [RAISES CALLS] {} "a, a+1 = __aexit__ and its self or empty, a+2 = b.__aenter__()";
WITH_EXCEPT_START NONE (W WIN REG) 0 [RAISES CALLS] {} "a = [b]([b+1] if any, type, value and traceback of exception c); b and b+1 stay";
// Exceptions
RAISE COUNT (R R NONE) 0 [RAISES CALLS END] {} "d & 3 = 0: reraises the handled exception; 1: raise a; 2: raise a from b";
RERAISE NONE (TAKE NONE NONE) 0 [RAISES END] {} "raises exception a again, without a new traceback entry for this frame";
PUSH_EXC NONE (PUSHEXC NONE NONE) 0 [] {} "a+1 = handled exception or None; handled exception = a";
POP_EXCEPT NONE (POPEXC NONE NONE) 0 [CALLS] {} "handled exception = a+1 (None: none); a and a+1 released";
EXC_MATCH_JUMP NONE (REG R NONE) 1 [RAISES CALLS JUMP_EXTRA] {} "jumps if exception a does not match class or tuple b";
CHECK_EG_MATCH NONE (W RW R) 0 [RAISES CALLS] {} "splits exception (group) b by type c: a = matching part or None; if there is one, b = rest or None and the handled exception = a";
PREP_RERAISE_STAR NONE (W REG REG) 0 [RAISES CALLS] {} "a = exception to raise after except* clauses of b gave list c, or None";
// Imports and module level
IMPORT_NAME NONE (W R NAME) 1 [RAISES CALLS] {} "a = __import__(name c, fromlist b, level: extra word)";
IMPORT_FROM NONE (W REG NAME) 0 [RAISES CALLS] {} "a = module b's name c";
IMPORT_STAR NONE (R NONE NONE) 0 [RAISES CALLS] {} "all public names of module a into locals";
SETUP_ANNOTATIONS NONE (NONE NONE NONE) 0 [RAISES CALLS] {} "makes __annotations__ in locals";
LOAD_ASSERTION_ERROR NONE (W NONE NONE) 0 [] {} "a = AssertionError";
PRINT_EXPR NONE (R NONE NONE) 0 [RAISES CALLS] {} "sys.displayhook(a)";
// match
MATCH_MAPPING NONE (W R NONE) 0 [] {} "a = b is a mapping";
MATCH_SEQUENCE NONE (W R NONE) 0 [] {} "a = b is a sequence for match";
MATCH_KEYS NONE (W R R) 0 [RAISES CALLS] {} "a = tuple of subject b's values for tuple of keys c, or None";
MATCH_CLASS NONE (W R R) 1 [RAISES CALLS] {} "a = tuple of attributes of subject b as class c, or None; extra word: low half constant tuple of keyword names, high half number of positional patterns";
GET_LEN NONE (W R NONE) 0 [RAISES CALLS] {} "a = len(b)";
COPY_DICT_WITHOUT_KEYS NONE (W R R) 0 [RAISES CALLS] {} "a = dict of mapping b without the keys in tuple c";
        }
    };
}
