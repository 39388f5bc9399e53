internal import CTCMalloc
internal import Nightshift

@main struct Tool {
    static func main() async {
        // Nothing else names the library, and a linker may leave out what nothing names. It stands in for malloc: a worker's calls
        // allocate on one thread and free on another, for which glibc's takes locks.
        _ = tc_version(nil, nil, nil)
        await Nightshift.main()
    }
}
