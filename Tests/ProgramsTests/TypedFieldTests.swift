import Foundation
import JSON
import Testing

@testable import Programs

typealias Shareable = Decodable & SendableMetatype

private enum Colour: String, Codable, CaseIterable { case red, green }
private enum Level: UInt8, Codable, CaseIterable {
    case low = 1
    case high = 3
}
private enum Hidden: String, Codable { case one }
private enum Bare: Codable, CaseIterable { case left, right }
private enum Shape: Codable {
    case circle(radius: Double)
    case square(side: Double)
}

private struct Address: Codable { var town: String, zip: UInt16? }
private struct Person: Codable {
    var name: String
    var address: Address
    var former: Address?
    var keys: [UUID]
    var key: UUID
    var colour: Colour
    var age: Int64?
}
private struct Tree: Codable { var name: String, parts: [Tree], parent: Box? }
private final class Box: Codable { let tree: Tree }
private struct Email: Codable, RawRepresentable { var rawValue: String }
private struct Dated: Codable { var name: String, order: Order }
private struct Order: Codable { var date: Date, count: Int }
private struct Drawing: Codable { var name: String, shapes: [Shape] }
private struct Empty: Codable {}

private struct NoMark: TypedSignature {
    @Input var text: String
    @Output var label: String
    var forgotten = 1
}
private struct Reserved: TypedSignature {
    @Input var from: String
    @Output var label: String
}
private struct NoOutput: TypedSignature { @Input var text: String }
private struct DateOutput: TypedSignature {
    @Input var text: String
    @Output var order: Dated
}

@Suite struct TypedFieldTests {
    @Test func structuresWithinStructures() {
        let address = FieldType.object(
            ObjectType(
                name: "Address",
                properties: [
                    .init(name: "town", type: .string), .init(name: "zip", type: .optional(.int), defaultValue: JSON.null),
                ]))
        let person = ObjectType(
            name: "Person",
            properties: [
                .init(name: "name", type: .string), .init(name: "address", type: address),
                .init(name: "former", type: .optional(address), defaultValue: JSON.null),
                .init(name: "keys", type: .list(.string)),
                .init(name: "key", type: .string), .init(name: "colour", type: .literal(["red", "green"])),
                .init(name: "age", type: .optional(.int), defaultValue: JSON.null),
            ])
        #expect(FieldType.of(Person.self) == .object(person))
    }

    @Test func whatWrapsAValue() {
        #expect(FieldType.of(Email.self) == .string)
        #expect(FieldType.of(UUID.self) == .string)
        #expect(FieldType.of(Level.self) == .literal([1, 3]))
        #expect(FieldType.of([String: [Int?]].self) == .dict(.string, .list(.optional(.int))))
    }

    @Test func aTypeWithinItselfIsAny() {
        let box = ObjectType(name: "Box", properties: [.init(name: "tree", type: .any)])
        let tree = ObjectType(
            name: "Tree",
            properties: [
                .init(name: "name", type: .string), .init(name: "parts", type: .list(.any)),
                .init(name: "parent", type: .optional(.object(box)), defaultValue: JSON.null),
            ])
        #expect(FieldType.of(Tree.self) == .object(tree))
    }

    @Test(
        arguments: [
            (Date.self, "2026-01-31T12:00:00Z"), (Dated.self, "property order.date: Date"),
            (Shape.self, "enum Shape: String, Codable, CaseIterable"),
            (Drawing.self, "property shapes: Shape"), (Bare.self, "enum Bare: String, Codable, CaseIterable"),
            (Hidden.self, "CaseIterable"),
            (Decimal.self, "Double"), (URL.self, "use a String"), ([Date?].self, "Date can't be the type of a field"),
            (Empty.self, "no properties"),
            ([Int: String].self, "keys"),
        ] as [(any Shareable.Type, String)])
    func saysWhichTypesAreNone(_ type: any Shareable.Type, _ words: String) {
        let error = #expect(throws: UnusableType.self) { try FieldType.swiftType(type) }
        #expect(error?.description.contains(words) == true, "\(error?.description ?? "")")
    }

    @Test(
        arguments: [
            (NoMark.self, "'forgotten' is neither"), (Reserved.self, "try 'from_'"), (NoOutput.self, "no @Output"),
            (DateOutput.self, "field 'order': property order.date: Date can't"),
        ] as [(any TypedSignature.Type, String)])
    func saysWhichSignaturesAreNone(_ type: any TypedSignature.Type, _ words: String) {
        let error = #expect(throws: SignatureError.self) { try type.reflected() }
        #expect(error?.message.contains(words) == true, "\(error?.message ?? "")")
    }
}
