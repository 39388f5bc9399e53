internal import Glibc
internal import HTTP

/// How long a provider asks to wait.
enum RetryAfter {
    /// From `retry-after-ms` (milliseconds) or `Retry-After` (seconds, or a date by RFC 9110, 5.6.7); nil without either.
    ///
    /// - Parameter now: seconds since the epoch.
    static func duration(_ headers: HTTPHeaders, now: Double) -> Duration? {
        if let value = headers["retry-after-ms"].flatMap(Double.init) { return duration(seconds: value / 1000) }
        guard let text = headers["retry-after"] else { return nil }
        if let seconds = Double(text) { return duration(seconds: seconds) }
        return epochSeconds(ofDate: text).flatMap { duration(seconds: $0 - now) }
    }

    /// `2026-11-28T19:00:00Z`, with or without a fraction.
    static func epochSeconds(ofTimestamp text: String) -> Double? {
        guard text.hasSuffix("Z") else { return nil }
        let parts = text.dropLast().split { "-T:".contains($0) }
        guard parts.count == 6, let year = Int32(parts[0]), let month = Int32(parts[1]), let day = Int32(parts[2]),
            let hour = Int32(parts[3]), let minute = Int32(parts[4]), let second = Double(parts[5]), (0..<61).contains(second)
        else { return nil }
        var date = tm()
        (date.tm_year, date.tm_mon, date.tm_mday) = (year - 1900, month - 1, day)
        (date.tm_hour, date.tm_min) = (hour, minute)
        return Double(timegm(&date)) + second
    }

    /// A date that has passed asks for no wait. Beyond a day the figure tells nothing more.
    private static func duration(seconds: Double) -> Duration? {
        seconds.isFinite ? .milliseconds(Int64(min(max(seconds, 0), 86400) * 1000)) : nil
    }

    /// `Sun, 06 Nov 1994 08:49:37 GMT`, the one form that is still written.
    private static func epochSeconds(ofDate text: String) -> Double? {
        let months = ["Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec"]
        let parts = text.split { $0 == " " || $0 == "," || $0 == ":" }
        guard parts.count == 8, parts[7] == "GMT", let day = Int32(parts[1]),
            let month = months.firstIndex(of: String(parts[2])), let year = Int32(parts[3]), let hour = Int32(parts[4]),
            let minute = Int32(parts[5]), let second = Int32(parts[6])
        else { return nil }
        var date = tm()
        (date.tm_year, date.tm_mon, date.tm_mday) = (year - 1900, Int32(month), day)
        (date.tm_hour, date.tm_min, date.tm_sec) = (hour, minute, second)
        return Double(timegm(&date))
    }
}
