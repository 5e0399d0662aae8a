//! Sums without rounding error: `fsum`, and the Euclidean norms of `hypot` and `dist`.

/// Why an [`Fsum`] has no value.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum FsumError {
    /// `OverflowError("intermediate overflow in fsum")`
    Overflow,
    /// `ValueError("-inf + inf in fsum")`
    OppositeInfinities,
}

/// `math.fsum`: the exact sum as non-overlapping partial sums (Shewchuk), rounded once.
#[derive(Clone, Debug, Default)]
pub struct Fsum {
    /// Increasing in magnitude.
    partials: Vec<f64>,
    /// Sum of the infinities and NaNs, and of the infinities alone.
    special: f64,
    infinities: f64,
}

/// The sum of `a` and `b` and its rounding error, for `|a| >= |b|`.
fn fast_two_sum(a: f64, b: f64) -> (f64, f64) {
    let sum = a + b;
    (sum, b - (sum - a))
}

impl Fsum {
    pub fn push(&mut self, value: f64) -> Result<(), FsumError> {
        let mut x = value;
        let mut kept = 0;
        for j in 0..self.partials.len() {
            let y = self.partials[j];
            let (sum, error) = if x.abs() < y.abs() {
                fast_two_sum(y, x)
            } else {
                fast_two_sum(x, y)
            };
            if error != 0.0 {
                self.partials[kept] = error;
                kept += 1;
            }
            x = sum;
        }
        self.partials.truncate(kept);
        if x == 0.0 {
            return Ok(());
        }
        if x.is_finite() {
            self.partials.push(x);
            return Ok(());
        }
        if value.is_finite() {
            return Err(FsumError::Overflow);
        }
        if value.is_infinite() {
            self.infinities += value;
        }
        self.special += value;
        self.partials.clear();
        Ok(())
    }

    pub fn finish(mut self) -> Result<f64, FsumError> {
        if self.special != 0.0 {
            if self.infinities.is_nan() {
                return Err(FsumError::OppositeInfinities);
            }
            return Ok(self.special);
        }
        let mut high = self.partials.pop().unwrap_or(0.0);
        let mut low = 0.0;
        while let Some(next) = self.partials.pop() {
            (high, low) = fast_two_sum(high, next);
            if low != 0.0 {
                break;
            }
        }
        // Half-even needs to know on which side of a tie the rest lies.
        if let Some(&rest) = self.partials.last()
            && ((low < 0.0 && rest < 0.0) || (low > 0.0 && rest > 0.0))
        {
            let twice = low * 2.0;
            let adjusted = high + twice;
            if twice == adjusted - high {
                high = adjusted;
            }
        }
        Ok(high)
    }
}

/// A product and its rounding error (Dekker, on halves of 26 bits by Veltkamp).
fn two_product(x: f64, y: f64) -> (f64, f64) {
    fn split(x: f64) -> (f64, f64) {
        let t = x * 134_217_729.0;
        let high = t - (t - x);
        (high, x - high)
    }
    let ((x_high, x_low), (y_high, y_low)) = (split(x), split(y));
    let p = x_high * y_high;
    let q = x_high * y_low + x_low * y_high;
    let product = p + q;
    (product, p - product + q + x_low * y_low)
}

/// The norm of non-negative components, `max` being the largest.
fn vector_norm(components: &mut [f64], max: f64, found_nan: bool) -> f64 {
    if max.is_infinite() {
        return max;
    }
    if found_nan {
        return f64::NAN;
    }
    if max == 0.0 || components.len() <= 1 {
        return max;
    }
    let (_, exponent) = super::frexp(max);
    if exponent < -1023 {
        // The scale would overflow: lift subnormals first.
        for x in components.iter_mut() {
            *x /= f64::MIN_POSITIVE;
        }
        return f64::MIN_POSITIVE * vector_norm(components, max / f64::MIN_POSITIVE, found_nan);
    }
    let scale = super::libm::ldexp(1.0, -exponent);
    let (mut sum, mut product_errors, mut sum_errors) = (1.0, 0.0, 0.0);
    for x in components.iter() {
        let x = x * scale;
        let (square, error) = two_product(x, x);
        product_errors += error;
        let (next, error) = fast_two_sum(sum, square);
        sum = next;
        sum_errors += error;
    }
    let mut root: f64 = sum - 1.0 + (product_errors + sum_errors);
    root = root.sqrt();
    // One differential correction: what is missing from root * root.
    let (square, error) = two_product(-root, root);
    product_errors += error;
    let (sum, error) = fast_two_sum(sum, square);
    sum_errors += error;
    let missing = sum - 1.0 + (product_errors + sum_errors);
    root += missing / (2.0 * root);
    root / scale
}

/// `math.hypot` of any number of coordinates, which are overwritten.
pub fn hypot(coordinates: &mut [f64]) -> f64 {
    let (mut max, mut found_nan) = (0.0, false);
    for x in coordinates.iter_mut() {
        *x = x.abs();
        found_nan |= x.is_nan();
        if *x > max {
            max = *x;
        }
    }
    vector_norm(coordinates, max, found_nan)
}

/// `math.dist` of two points of the same dimension.
pub fn dist(p: &[f64], q: &[f64]) -> f64 {
    let mut differences: Vec<f64> = p.iter().zip(q).map(|(a, b)| a - b).collect();
    hypot(&mut differences)
}
