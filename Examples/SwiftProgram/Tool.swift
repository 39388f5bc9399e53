import Nightshift

/// A program in Swift: its stored modules are its predictors, here `area` and `route.predict`.
struct Routing: Program {
    let area = Predict(
        "message -> area: Literal['parcel', 'money', 'product', 'account']",
        instructions: "Name the area of the customer's message.")
    let route = ChainOfThought(
        "message, area -> queue: Literal['account_access', 'damaged_item', 'delivery_status', 'payment_problem', 'refund', "
            + "'return_request', 'sizing_advice', 'stock_availability']",
        instructions: "Route the customer's message.")

    func forward(_ inputs: JSONObject) async throws -> Prediction {
        let area = try await area(inputs)
        return try await route(inputs.merging(area.fields))
    }
}

/// An executable with the whole command line and a program of its own: `program: {swift: routing}` in a study file.
@main struct Tool {
    static func main() async {
        await Nightshift.main(programs: [.init("routing", Routing.self)])
    }
}
