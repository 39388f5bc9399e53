/// Why a study ended, in a sentence without its full stop.
/// - Parameter reason: as it is stored, such as `budget_calls`.
func finishSentence(_ reason: String) -> String {
    switch reason {
    case "trials": "all planned trials were run"
    case "converged": "the search converged: further trials promised nothing"
    case "target_score": "the target score was reached"
    case "no_improvement": "no trial had improved on the best for long enough"
    case "budget_calls": "the budget of LM calls was spent; the best so far stands"
    case "budget_tokens": "the budget of tokens was spent; the best so far stands"
    case "budget_usd": "the budget of dollars was spent; the best so far stands"
    case "budget_wall": "the time allowed was over; the best so far stands"
    case "cancelled": "it was cancelled"
    default: reason
    }
}
