internal import Nightshift

@main struct Tool {
    static func main() async { await Nightshift.main() }
}
