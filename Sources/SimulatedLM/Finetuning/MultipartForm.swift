import Glibc
import JSON

/// The parts of a `multipart/form-data` body (RFC 7578).
struct MultipartForm {
    struct Part {
        var name: String
        var filename: String?
        var content: [UInt8]
    }

    private(set) var parts: [Part] = []

    subscript(name: String) -> Part? { parts.first { $0.name == name } }

    /// - Throws: a ``Diagnostic`` for a body of another type, or one that is cut off.
    init(_ body: [UInt8], contentType: String) throws(Diagnostic) {
        guard contentType.lowercased().hasPrefix("multipart/form-data"),
            let boundary = Self.parameter("boundary", of: contentType)
        else { throw Diagnostic(JSONPath(), "expected a body of type multipart/form-data with a boundary") }
        guard var cursor = Self.find("--\(boundary)", in: body, from: 0)?.upperBound else {
            throw Diagnostic(JSONPath(), "the body does not hold its boundary")
        }
        while !body[cursor...].starts(with: "--".utf8) {
            guard let head = Self.find("\r\n\r\n", in: body, from: cursor),
                let end = Self.find("\r\n--\(boundary)", in: body, from: head.upperBound)
            else { throw Diagnostic(JSONPath(), "the body ends before its last boundary") }
            let headers = String(decoding: body[cursor..<head.lowerBound], as: UTF8.self)
            let disposition = headers.split(separator: "\r\n").first { $0.lowercased().hasPrefix("content-disposition:") }
            guard let disposition, let name = Self.parameter("name", of: String(disposition)) else {
                throw Diagnostic(JSONPath(), "a part of the body has no name")
            }
            parts.append(
                Part(
                    name: name, filename: Self.parameter("filename", of: String(disposition)),
                    content: Array(body[head.upperBound..<end.lowerBound])))
            cursor = end.upperBound
        }
    }

    /// Files are large: the system looks for the first byte.
    private static func find(_ text: String, in body: [UInt8], from start: Int) -> Range<Int>? {
        let wanted = Array(text.utf8)
        return body.withUnsafeBytes { bytes -> Range<Int>? in
            guard let base = bytes.baseAddress else { return nil }
            var position = start
            while position + wanted.count <= bytes.count {
                let window = bytes.count - wanted.count + 1 - position
                guard let found = memchr(base + position, Int32(wanted[0]), window) else { return nil }
                position = base.distance(to: UnsafeRawPointer(found))
                if memcmp(base + position, wanted, wanted.count) == 0 { return position..<position + wanted.count }
                position += 1
            }
            return nil
        }
    }

    /// `; name="value"` or `; name=value` of a header field.
    private static func parameter(_ name: String, of header: String) -> String? {
        for part in header.split(separator: ";").dropFirst() {
            let pair = trimmed(String(part))
            guard pair.lowercased().hasPrefix(name + "=") else { continue }
            let value = pair.dropFirst(name.count + 1)
            return value.hasPrefix("\"") ? String(value.dropFirst().prefix { $0 != "\"" }) : String(value)
        }
        return nil
    }
}
