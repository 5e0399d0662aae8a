//! Runs the cases that tools/make_cases.py recorded from CPython: match, fullmatch, search and
//! finditer, in every width the subject fits. `PYRS_SRE_CASES` names another file of cases.

use pyrs_sre::{Context, Mode, Pattern, Scanner, State, Subject};

fn numbers(field: &str) -> Vec<u32> {
    field
        .split_whitespace()
        .map(|n| n.parse().expect("number"))
        .collect()
}

fn result(state: &State, groups: usize) -> String {
    let span = |g| {
        state
            .span(g)
            .map_or("-1,-1".to_owned(), |(s, e)| format!("{s},{e}"))
    };
    let spans: Vec<String> = (0..=groups).map(span).collect();
    format!("{}:{}", state.lastindex().unwrap_or(0), spans.join(" "))
}

fn answers(pattern: &Pattern, subject: Subject<'_>, pos: usize, endpos: usize) -> Vec<String> {
    let mut context = Context::default();
    let mut state = State::new();
    let mut out = Vec::new();
    for mode in [Mode::Match, Mode::Fullmatch, Mode::Search] {
        let found = subject
            .run(&mut state, pattern, pos, endpos, mode, false, &mut context)
            .expect("run");
        out.push(if found {
            result(&state, pattern.groups())
        } else {
            "-".into()
        });
    }
    let mut scanner = Scanner::new(pos, endpos);
    let mut all = Vec::new();
    while scanner
        .next(&mut state, pattern, subject, Mode::Search, &mut context)
        .expect("run")
    {
        all.push(result(&state, pattern.groups()));
    }
    out.push(all.join("/"));
    out
}

#[test]
fn same_as_cpython() {
    let path = std::env::var("PYRS_SRE_CASES")
        .unwrap_or_else(|_| concat!(env!("CARGO_MANIFEST_DIR"), "/tests/cases.txt").into());
    let cases = std::fs::read_to_string(path).expect("cases");
    let (mut bad, mut good) = (0, 0);
    for line in cases.lines() {
        let fields: Vec<&str> = line.split(';').collect();
        // A child of the generator that died leaves an incomplete line.
        let [code, groups, width, subject, pos, endpos, wanted @ ..] = &fields[..] else {
            continue;
        };
        if wanted.len() != 4 {
            continue;
        }
        let pattern = Pattern::new(numbers(code), groups.parse().expect("groups")).expect(code);
        let chars = numbers(subject);
        let (pos, endpos) = (pos.parse().expect("pos"), endpos.parse().expect("endpos"));
        let bytes: Vec<u8> = chars.iter().map(|&c| c as u8).collect();
        let words: Vec<u16> = chars.iter().map(|&c| c as u16).collect();
        let all = [
            (1, Subject::Latin1(&bytes)),
            (2, Subject::Ucs2(&words)),
            (4, Subject::Ucs4(&chars)),
        ];
        let width: u32 = width.parse().expect("width");
        for (_, subject) in all.iter().filter(|(fits, _)| *fits >= width) {
            let got = answers(&pattern, *subject, pos, endpos);
            if got == *wanted {
                good += 1;
            } else {
                bad += 1;
                if bad < 20 {
                    eprintln!("{line}\n  got {got:?}\n  wanted {wanted:?}");
                }
            }
        }
    }
    assert_eq!(bad, 0, "of {}", bad + good);
    assert!(good > 500);
}

#[test]
fn invalid_code_is_refused() {
    let cases = include_str!("cases.txt");
    let mut state = State::new();
    let mut seed = 12345u32;
    let mut random = move |n: u32| {
        seed = seed.wrapping_mul(1_664_525).wrapping_add(1_013_904_223);
        (seed >> 8) % n
    };
    assert!(Pattern::new([], 0).is_err());
    let mut refused = 0;
    for line in cases.lines().take(400) {
        let fields: Vec<&str> = line.split(';').collect();
        let code = numbers(fields[0]);
        let groups = fields[1].parse().expect("groups");
        assert!(Pattern::new(&code[..code.len() - 1], groups).is_err());
        for _ in 0..40 {
            // Whatever is accepted must run without a panic.
            let mut code = code.clone();
            let at = random(code.len() as u32) as usize;
            code[at] = [random(50), random(1 << 20), u32::MAX, code[at] ^ 1][random(4) as usize];
            match Pattern::new(code, groups) {
                Err(_) => refused += 1,
                Ok(pattern) => {
                    let mut polls = 0;
                    let mut poll = || {
                        polls += 1;
                        polls > 20
                    };
                    let mut context = Context {
                        locale: None,
                        poll: Some(&mut poll),
                    };
                    let _ = state.run(
                        &pattern,
                        b"abcabcaab",
                        0,
                        9,
                        Mode::Search,
                        false,
                        &mut context,
                    );
                }
            }
        }
    }
    assert!(refused > 3000, "{refused}");
}

#[test]
fn deep_input_needs_no_native_stack() {
    // (?:a|b)*c and (?:(?:a|b)+?)*d over a million characters.
    let code = |words: &[u32]| Pattern::new(words, 0).expect("code");
    let star = code(&[
        23,
        15,
        0,
        u32::MAX,
        7,
        5,
        16,
        97,
        15,
        7,
        5,
        16,
        98,
        15,
        2,
        0,
        18,
        16,
        99,
        1,
    ]);
    let subject = vec![b'a'; 1_000_000];
    let mut state = State::new();
    let found = state.run(
        &star,
        &subject,
        0,
        usize::MAX,
        Mode::Match,
        false,
        &mut Context::default(),
    );
    assert_eq!(found, Ok(false));
}

#[test]
fn runs_can_be_interrupted() {
    // (?:a|a)*b needs exponential time.
    let words = [
        23,
        15,
        0,
        u32::MAX,
        7,
        5,
        16,
        97,
        15,
        7,
        5,
        16,
        97,
        15,
        2,
        0,
        18,
        16,
        98,
        1,
    ];
    let pattern = Pattern::new(words, 0).expect("code");
    let mut polls = 0;
    let mut poll = || {
        polls += 1;
        polls == 5
    };
    let mut context = Context {
        locale: None,
        poll: Some(&mut poll),
    };
    let found = State::new().run(
        &pattern,
        &[b'a'; 60],
        0,
        usize::MAX,
        Mode::Match,
        false,
        &mut context,
    );
    assert_eq!(found, Err(pyrs_sre::Error::Interrupted));
}
