//! Asking AWS for several things at once.
//!
//! **Why.** An answer takes AWS some 50 to 200 ms. Whoever waits for each before asking for the next comes to
//! five or ten calls a second, and to fewer where each of two quotas has its turn; the quotas allow twice as
//! many.
//!
//! **Guarantees.** Answers come in the order of the questions, so what is made of them does not depend on
//! which came first. The pace is kept by those who call (`aws/pace`): it is the same as for one at a time.
//! The Identity Store, whose quota nobody keeps for us, is asked for one thing after the other.

use futures_util::stream::{self, StreamExt};
use tokio::time::Instant;

use super::accounts::is_past;

/// How many questions are under way at once.
///
/// Unit: calls. As many as fill Identity Center's quota where an answer takes 200 ms. With more of them, more
/// would have their turn already when AWS throttles, and come all the same.
const AT_ONCE: usize = 4;

/// Asks about each of them, several at once.
pub(super) async fn each<Question, Answer>(
    questions: impl IntoIterator<Item = Question>,
    ask: impl AsyncFn(Question) -> Answer,
) -> Vec<Answer> {
    let asked = questions.into_iter().map(|question| ask(question));
    stream::iter(asked).buffered(AT_ONCE).collect().await
}

/// The same until some moment: about those whose turn comes later, nothing is asked. One at least is asked
/// about in any case: a run that does nothing would be followed by others that do nothing.
pub(super) async fn each_until<Question, Answer>(
    questions: impl IntoIterator<Item = Question>,
    until: Option<Instant>,
    ask: impl AsyncFn(Question) -> Answer,
) -> Vec<Result<Answer, TooLate>> {
    let (ask, numbered) = (&ask, questions.into_iter().enumerate());
    each(numbered, async |(number, question)| {
        if number > 0 && is_past(until) { Err(TooLate) } else { Ok(ask(question).await) }
    })
    .await
}

/// There was no time to ask.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct TooLate;

#[cfg(test)]
mod tests {
    use std::{cell::Cell, time::Duration};

    use tokio::time::sleep;

    use super::*;

    const ANSWER_TAKES: Duration = Duration::from_millis(100);

    #[tokio::test(start_paused = true)]
    async fn several_are_asked_at_once_and_answer_in_order() {
        let (began, under_way, most) = (Instant::now(), Cell::new(0), Cell::new(0));
        let answers = each(0..20_u32, async |number| {
            under_way.set(under_way.get() + 1);
            most.set(most.get().max(under_way.get()));
            // The first ones take longest.
            sleep(ANSWER_TAKES * (20 - number)).await;
            under_way.set(under_way.get() - 1);
            number
        })
        .await;
        assert!(answers.into_iter().eq(0..20));
        assert_eq!(most.get(), AT_ONCE);
        let one_by_one = ANSWER_TAKES * (1..=20).sum::<u32>();
        assert!(began.elapsed() < one_by_one / 3);
    }

    #[tokio::test(start_paused = true)]
    async fn nothing_is_asked_too_late_but_for_the_first() {
        let ask = async |number: usize| {
            sleep(ANSWER_TAKES).await;
            number
        };
        let until = Instant::now() + ANSWER_TAKES * 3 / 2;
        let answers = each_until(0..20, Some(until), ask).await;
        let asked: Vec<usize> = answers.iter().filter_map(|answer| answer.ok()).collect();
        assert!(asked.into_iter().eq(0..2 * AT_ONCE));
        assert!(answers.iter().skip(2 * AT_ONCE).all(|answer| *answer == Err(TooLate)));
        let answers = each_until(0..20, Some(until), ask).await;
        assert_eq!(answers.iter().filter(|answer| answer.is_ok()).count(), 1);
        assert!(each_until(0..20, None, ask).await.iter().all(Result::is_ok));
    }
}
