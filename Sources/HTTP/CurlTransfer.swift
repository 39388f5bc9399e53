internal import CLibcurl

/// A libcurl easy handle and what one request needs of it; used again for later requests.
///
/// Belongs to the event loop's thread. libcurl keeps pointers to it while the transfer is under way.
final class CurlTransfer {
    typealias Outcome = Result<HTTPResponse, HTTPError>

    let handle: UnsafeMutableRawPointer
    private let errorText: UnsafeMutablePointer<CChar>
    private var requestHeaders: UnsafeMutablePointer<curl_slist>?
    private var url = ""
    private var headers = HTTPHeaders()
    private var body: [UInt8] = []
    private var isTooLarge = false
    private let maxBodyBytes: Int
    var continuation: CheckedContinuation<Outcome, Never>?
    /// Told what arrives of a body with 2xx, as it arrives.
    var receiver: (@Sendable ([UInt8]) -> Void)?
    private(set) var id: UInt64 = 0

    init(maxBodyBytes: Int) {
        guard let handle = curl_easy_init() else { preconditionFailure("out of memory: no curl handle") }
        self.handle = handle
        self.maxBodyBytes = maxBodyBytes
        errorText = .allocate(capacity: Int(CURL_ERROR_SIZE))
        errorText.initialize(repeating: 0, count: Int(CURL_ERROR_SIZE))
    }

    deinit {
        curl_easy_cleanup(handle)
        curl_slist_free_all(requestHeaders)
        errorText.deallocate()
    }

    // MARK: Before

    func prepare(_ request: HTTPRequest, id: UInt64) throws(HTTPError) {
        self.id = id
        url = request.url
        let context = Unmanaged.passUnretained(self).toOpaque()
        nightshift_easy_set_pointer(handle, CURLOPT_PRIVATE, context)
        nightshift_easy_set_pointer(handle, CURLOPT_ERRORBUFFER, errorText)
        setConnectionOptions(request)
        nightshift_easy_set_string(handle, CURLOPT_URL, request.url)
        setMethod(request)
        try setHeaders(request)
        nightshift_easy_set_callback(
            handle, CURLOPT_WRITEFUNCTION,
            { bytes, size, count, context in
                CurlTransfer.receive(bytes, size * count, context) { $0.append(body: $1) }
            })
        nightshift_easy_set_pointer(handle, CURLOPT_WRITEDATA, context)
        nightshift_easy_set_callback(
            handle, CURLOPT_HEADERFUNCTION,
            { bytes, size, count, context in
                CurlTransfer.receive(bytes, size * count, context) { transfer, line in
                    transfer.headers.append(line: line)
                    return true
                }
            })
        nightshift_easy_set_pointer(handle, CURLOPT_HEADERDATA, context)
    }

    private func setConnectionOptions(_ request: HTTPRequest) {
        nightshift_easy_set_long(handle, CURLOPT_NOSIGNAL, 1)
        // A lookup that outlives its request must not hold up the loop.
        nightshift_easy_set_long(handle, CURLOPT_QUICK_EXIT, 1)
        nightshift_easy_set_string(handle, CURLOPT_PROTOCOLS_STR, "http,https")
        nightshift_easy_set_long(handle, CURLOPT_FOLLOWLOCATION, 0)
        nightshift_easy_set_long(handle, CURLOPT_HTTP_VERSION, Int(CURL_HTTP_VERSION_1_1))
        nightshift_easy_set_long(handle, CURLOPT_SUPPRESS_CONNECT_HEADERS, 1)
        nightshift_easy_set_long(handle, CURLOPT_TCP_KEEPALIVE, 1)
        nightshift_easy_set_long(handle, CURLOPT_TCP_KEEPIDLE, 30)
        nightshift_easy_set_long(handle, CURLOPT_TCP_KEEPINTVL, 15)
        nightshift_easy_set_long(handle, CURLOPT_TIMEOUT_MS, request.timeout.curlMilliseconds)
        nightshift_easy_set_long(handle, CURLOPT_CONNECTTIMEOUT_MS, request.connectTimeout.curlMilliseconds)
        nightshift_easy_set_string(handle, CURLOPT_USERAGENT, "nightshift")
        // A proxy has another loopback than we have; an empty name means none.
        if request.isToThisMachine { nightshift_easy_set_string(handle, CURLOPT_PROXY, "") }
    }

    private func setMethod(_ request: HTTPRequest) {
        if request.method == .get, request.body.isEmpty {
            nightshift_easy_set_long(handle, CURLOPT_HTTPGET, 1)
            return
        }
        nightshift_easy_set_long(handle, CURLOPT_POST, 1)
        nightshift_easy_set_string(handle, CURLOPT_CUSTOMREQUEST, request.method.rawValue)
        nightshift_easy_set_offset(handle, CURLOPT_POSTFIELDSIZE_LARGE, curl_off_t(request.body.count))
        request.body.withUnsafeBytes { bytes in
            // libcurl copies the bytes, so they need not outlive this call; it asks for a pointer even to none.
            let start = UnsafeMutableRawPointer(mutating: bytes.baseAddress)
            _ = nightshift_easy_set_pointer(handle, CURLOPT_COPYPOSTFIELDS, start ?? UnsafeMutableRawPointer(errorText))
        }
    }

    private func setHeaders(_ request: HTTPRequest) throws(HTTPError) {
        // No "Expect: 100-continue": it costs a round trip or a second's wait.
        requestHeaders = curl_slist_append(nil, "Expect:")
        for (name, value) in request.headers {
            guard !name.isEmpty, !name.utf8.contains(where: { $0 <= 0x20 || $0 == UInt8(ascii: ":") }),
                !value.utf8.contains(where: { $0 == 0x0A || $0 == 0x0D || $0 == 0 })
            else { throw HTTPError(.other, "the value of header \"\(name)\" cannot be sent") }
            // A colon without a value would remove the field.
            requestHeaders = curl_slist_append(requestHeaders, value.isEmpty ? "\(name);" : "\(name): \(value)")
        }
        nightshift_easy_set_pointer(handle, CURLOPT_HTTPHEADER, requestHeaders)
    }

    // MARK: During

    /// Hands received bytes to `store`; a count other than the one received tells libcurl to give up.
    private static func receive(
        _ bytes: UnsafeMutablePointer<CChar>?, _ count: Int, _ context: UnsafeMutableRawPointer?,
        _ store: (CurlTransfer, UnsafeRawBufferPointer) -> Bool
    ) -> Int {
        guard let context, let bytes else { return 0 }
        let transfer = Unmanaged<CurlTransfer>.fromOpaque(context).takeUnretainedValue()
        return store(transfer, UnsafeRawBufferPointer(start: bytes, count: count)) ? count : 0
    }

    private func append(body bytes: UnsafeRawBufferPointer) -> Bool {
        isTooLarge = body.count + bytes.count > maxBodyBytes
        guard !isTooLarge else { return false }
        body.append(contentsOf: bytes)
        if let receiver, (200..<300).contains(nightshift_easy_get_long(handle, CURLINFO_RESPONSE_CODE)) { receiver(Array(bytes)) }
        return true
    }

    // MARK: After

    func outcome(_ code: CURLcode) -> Outcome {
        if code == CURLE_OK {
            let status = nightshift_easy_get_long(handle, CURLINFO_RESPONSE_CODE)
            return .success(HTTPResponse(status: status, headers: headers, body: body))
        }
        let wasSent = nightshift_easy_get_long(handle, CURLINFO_REQUEST_SIZE) > 0
        if isTooLarge {
            return .failure(HTTPError(.responseTooLarge, "\(url): the answer exceeds \(maxBodyBytes) bytes", wasSent: wasSent))
        }
        let detail = String(cString: errorText)
        let text = detail.isEmpty ? String(cString: curl_easy_strerror(code)) : detail
        return .failure(HTTPError(HTTPError.Code(code), "\(url): \(text)", wasSent: wasSent))
    }

    /// Ready for another request; open connections stay with the multi handle.
    func reset() {
        curl_easy_reset(handle)
        curl_slist_free_all(requestHeaders)
        requestHeaders = nil
        headers = HTTPHeaders()
        body = []
        isTooLarge = false
        errorText[0] = 0
        continuation = nil
        receiver = nil
    }
}

extension Duration {
    /// Whole milliseconds, at least 1: libcurl takes 0 for no limit.
    fileprivate var curlMilliseconds: Int {
        let (seconds, attoseconds) = components
        return max(1, Int(clamping: min(seconds, 2_000_000)) * 1000 + Int(attoseconds / 1_000_000_000_000_000))
    }
}
