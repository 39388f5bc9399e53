internal import JSON

/// A body of type `multipart/form-data` (RFC 7578) with a purpose and one file of JSON Lines.
struct MultipartBody {
    let contentType: String
    let bytes: [UInt8]

    init(purpose: String, filename: String, lines: [JSON]) {
        var file: [UInt8] = []
        for line in lines {
            file += line.bytes()
            file.append(0x0A)
        }
        // Every line of the file begins with a brace, so none is a boundary.
        let boundary = "nightshift-7d1b9a52c3f04e68"
        contentType = "multipart/form-data; boundary=\(boundary)"
        let head = """
            --\(boundary)\r
            Content-Disposition: form-data; name="purpose"\r
            \r
            \(purpose)\r
            --\(boundary)\r
            Content-Disposition: form-data; name="file"; filename="\(filename)"\r
            Content-Type: application/jsonl\r
            \r

            """
        bytes = Array(head.utf8) + file + Array("\r\n--\(boundary)--\r\n".utf8)
    }
}
