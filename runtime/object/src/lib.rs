//! Heap, cycle collector, types, slots, attributes and the core types.
