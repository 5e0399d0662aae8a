//! Counters, region cache, side exits, deoptimization: ties recorder, passes and lowering together.
