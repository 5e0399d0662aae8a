//! Number algorithms without objects: 30-bit-digit integers, float text, the format mini-language.
