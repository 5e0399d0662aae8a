//! Times `finditer` on recorded patterns: `tools/bench.py` makes the input and compares.

use std::time::Instant;

use pyrs_sre::{Context, Mode, Pattern, Scanner, State, Subject};

fn main() -> std::io::Result<()> {
    let args: Vec<String> = std::env::args().collect();
    let text = std::fs::read(&args[1])?;
    let wide: Vec<u16> = text.iter().map(|&b| b.into()).collect();
    for line in std::fs::read_to_string(&args[2])?.lines() {
        let mut fields = line.split(';');
        let mut next = || fields.next().unwrap_or_default();
        let code: Vec<u32> = next()
            .split(' ')
            .filter_map(|word| word.parse().ok())
            .collect();
        let groups = next().parse().unwrap_or(0);
        let Ok(pattern) = Pattern::new(code, groups) else {
            println!("invalid");
            continue;
        };
        let mut times = Vec::new();
        for subject in [Subject::Latin1(&text), Subject::Ucs2(&wide)] {
            let start = Instant::now();
            let (mut state, mut count) = (State::new(), 0u64);
            let mut scanner = Scanner::new(0, usize::MAX);
            let mut context = Context::default();
            while scanner
                .next(&mut state, &pattern, subject, Mode::Search, &mut context)
                .unwrap_or(false)
            {
                count += 1;
            }
            times.push((start.elapsed().as_secs_f64() * 1e3, count));
        }
        println!("{:.1} {:.1} {}", times[0].0, times[1].0, times[0].1);
    }
    Ok(())
}
