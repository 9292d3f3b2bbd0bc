import CloudEvents
import Foundation
import Testing

@Suite("Binary mode")
struct BinaryModeTests {
    private func binary(
        _ more: [(name: String, value: String)] = [],
        type: String? = "application/json",
        body: [UInt8]?,
        profile: Profile = .cloudevents
    ) throws(DecodeError) -> EventBatch {
        let required = [("specversion", "1.0"), ("id", "1"), ("source", "/s"), ("type", "t")]
        let decoder = EventDecoder(profile: profile)
        let attributes = required.map { (name: $0.0, value: $0.1) } + more
        guard let body else { return try decoder.decodeBinary(attributes: attributes, contentType: type, body: nil) }
        return try body.withUnsafeBytes { bytes in
            Result { () throws(DecodeError) in
                try decoder.decodeBinary(attributes: attributes, contentType: type, body: bytes)
            }
        }.get()
    }

    @Test("an event is written in one order, its JSON data as received")
    func rendering() throws {
        let more = [
            (name: "zeta", value: "1"), (name: "subject", value: "a%22b%5C%C3%A9"), (name: "alpha", value: "2"),
        ]
        let batch = try binary(more, body: Array(#" {"v": 1.50} "#.utf8))
        let expected =
            #"{"specversion":"1.0","id":"1","source":"/s","type":"t","subject":"a\"b\\é","alpha":"2","#
            + #""datacontenttype":"application/json","zeta":"1","data": {"v": 1.50} }"#
        #expect(batch.string(.raw, of: 0) == expected)
        #expect(batch.string(.data, of: 0) == #"{"v": 1.50}"#)
    }

    @Test("the same event has the same hash in binary and in structured mode")
    func sameHash() throws {
        let time = [
            (name: "time", value: "2025-06-07T12:34:56Z"), (name: "subject", value: "caf%C3%A9"),
            (name: "n", value: "42"),
        ]
        let json = try binary(time, body: Array(#"{"a":1,"b":"x"}"#.utf8))
        let attributes = #","time":"2025-06-07T12:34:56Z","subject":"café","n":42"#
        #expect(try json[0].contentHash == contentHash(event(attributes + #","data":{"b":"x","a":1}"#)))
        let text = try binary(type: "text/plain", body: Array("héllo\n".utf8))
        #expect(
            try text[0].contentHash == contentHash(event(#","datacontenttype":"text/plain","data":"h\u00e9llo\n""#))
        )
        let bytes = try binary(type: "application/octet-stream", body: [0xFF, 0, 0xFE])
        #expect(
            try bytes[0].contentHash
                == contentHash(event(#","datacontenttype":"application/octet-stream","data_base64":"/wD+""#))
        )
        let none = try binary(type: nil, body: nil)
        #expect(try none[0].contentHash == contentHash(event()))
    }

    @Test("text becomes a string, what is not UTF-8 becomes Base64")
    func forms() throws {
        #expect(try binary(type: "text/plain", body: Array("x".utf8))[0].dataKind == .other)
        #expect(try binary(type: "text/plain", body: [0xE9])[0].dataKind == .base64)
        #expect(try binary(type: "text/plain; charset=iso-8859-1", body: [0xE9])[0].dataKind == .base64)
        #expect(try binary(type: "image/png", body: [1])[0].dataKind == .base64)
        #expect(try binary(type: "application/json", body: [])[0].dataKind == .absent)
        #expect(try binary(type: nil, body: Array("{}".utf8), profile: .cloudevents)[0].dataKind == .base64)
        let subject = [(name: "subject", value: "customer-1")]
        #expect(try binary(subject, type: nil, body: Array("{}".utf8), profile: .openmeter)[0].dataKind == .object)
    }

    @Test(
        "JSON data cannot reach beyond its member",
        arguments: [
            #"1,"subject":"x""#, #"{"v":1},"id":"2""#, #"{"v":1}}"#, #"{"v":1"#, #""abc"#, "1 2", "", " ", "{}{}",
            #"1}{"#, "[", "]",
        ]
    )
    func injection(_ body: String) {
        let error = refusal { () throws(DecodeError) in try binary(body: Array(body.utf8)) }
        guard !body.isEmpty else {
            #expect(error == nil)
            return
        }
        guard case .malformed? = error else {
            Issue.record("\(body) is malformed")
            return
        }
    }

    @Test("an attribute's value cannot reach beyond its string")
    func attributeInjection() throws {
        let batch = try binary([(name: "subject", value: #"x","id":"2"#)], body: nil)
        #expect(batch.string(.subject, of: 0) == #"x","id":"2"#)
        #expect(batch.string(.id, of: 0) == "1")
    }

    @Test(
        "data and its content type are no headers",
        arguments: ["data", "data_base64", "datacontenttype"]
    )
    func reserved(_ name: String) {
        let found = problems { () throws(DecodeError) in try binary([(name: name, value: "x")], body: nil) }
        #expect(found.map(\.attribute) == [name])
    }

    @Test(
        "the mode is told from the content type and the ce- headers",
        arguments: [
            (["application/cloudevents+json"], [], .structured(.single)),
            (["application/cloudevents+json; charset=UTF-8"], ["id"], .structured(.single)),
            (["Application/CloudEvents-Batch+JSON"], [], .structured(.batch)),
            (["application/json"], [], .structured(.either)),
            (["application/json;charset=\"utf-8\""], [], .structured(.either)),
            (["application/json"], ["id"], .binary), (["text/plain"], ["id"], .binary), ([], ["id"], .binary),
            (["notamediatype"], ["id"], .binary),
        ] as [([String], [String], HTTPContentMode)]
    )
    func modes(_ contentType: [String], _ names: [String], _ mode: HTTPContentMode) throws {
        #expect(try HTTPContentMode.detect(contentType: contentType, attributeNames: names) == mode)
    }

    @Test(
        "a content type that holds no events is refused",
        arguments: [
            (["text/plain"], 415), ([], 400), (["application/json", "application/json"], 400),
            (["application/cloudevents"], 415),
            (["application/cloudevents+avro"], 415), (["application/json; charset=utf-16"], 415),
            (["application/json, x/y"], 415),
            (["application/x-www-form-urlencoded"], 415), ([""], 415),
        ]
    )
    func refusedModes(_ contentType: [String], _ status: Int) {
        do throws(DecodeError) {
            let mode = try HTTPContentMode.detect(contentType: contentType, attributeNames: [])
            Issue.record("\(contentType) is refused, not \(mode)")
        } catch {
            #expect(error.status == status)
        }
    }
}
