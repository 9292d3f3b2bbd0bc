import Foundation
import Testing

@testable import CloudEvents

@Suite("The content hash")
struct ContentHashTests {
    @Test(
        "two forms of the same content have the same hash",
        arguments: [
            (event(#","data":{"a":1,"b":[1,2]}"#), event(#" , "data" : { "b" : [ 1 , 2 ] , "a" : 1 } "#)),
            (
                event(#","subject":"x","data":1"#),
                #"{"data":1,"subject":"x","type":"t","id":"1","source":"/s","specversion":"1.0"}"#
            ),
            (event(#","subject":"é/""#), event(#","subject":"\u00E9\/""#)),
            (event(#","data":{"é":"\n"}"#), event(#","data":{"\u00e9":"\u000a"}"#)),
            (event(), event(#","subject":null,"ext":null,"time":null,"datacontenttype":null"#)),
            (event(#","data":1"#), event(#","data":1,"datacontenttype":"application/json""#)),
            (event(#","data":1"#), event(#","data":1,"datacontenttype":"application/json; charset=utf-8""#)),
            (event(#","n":42,"b":true"#), event(#","b":"true","n":"42""#)),
            (
                event(#","data_base64":"QUJD","datacontenttype":"text/plain""#),
                event(#","data":"ABC","datacontenttype":"text/plain""#)
            ),
            (event(#","data":{"o":{"x":1,"y":{"p":1,"q":2}}}"#), event(#","data":{"o":{"y":{"q":2,"p":1},"x":1}}"#)),
        ]
    )
    func equal(_ one: String, _ other: String) throws {
        #expect(try contentHash(one) == contentHash(other))
    }

    @Test("different content has different hashes")
    func different() throws {
        let bodies = [
            event(), event(id: "2"), event(#","subject":"x""#), event(#","subject":"y""#), event(#","x":"x""#),
            event(#","time":"2025-06-07T12:34:56Z""#), event(#","time":"2025-06-07T12:34:56.0Z""#),
            event(#","data":null"#), event(#","data":1"#), event(#","data":1.0"#), event(#","data":"1""#),
            event(#","data":true"#),
            event(#","data":false"#), event(#","data":[]"#), event(#","data":{}"#), event(#","data":"""#),
            event(#","data":[1]"#),
            event(#","data":[[1]]"#), event(#","data":[1,2]"#), event(#","data":[2,1]"#),
            event(#","data":{"a":1,"b":2}"#),
            event(#","data":{"a":2,"b":1}"#), event(#","data":{"a":{"b":1}}"#), event(#","data":{"b":{"a":1}}"#),
            event(#","data":"1","datacontenttype":"text/plain""#), event(#","data_base64":"QUJD""#),
            event(#","data":"QUJD""#),
            event(#","data":1,"datacontenttype":"application/vnd.x+json""#),
            event(#","dataschema":"http://example.com/""#),
            event(#","data":[{"a":1},{"b":2}]"#), event(#","data":[{"a":1,"b":2}]"#), event(#","data":"a""#),
            event(#","data":"b""#),
        ]
        let hashes = try bodies.map { try contentHash($0) }
        #expect(Set(hashes).count == bodies.count)
    }

    @Test("swapped source and id, or type and subject, do not cancel out")
    func swapped() throws {
        let one = #"{"specversion":"1.0","id":"a","source":"b","type":"c","subject":"d"}"#
        let other = #"{"specversion":"1.0","id":"b","source":"a","type":"d","subject":"c"}"#
        #expect(try contentHash(one) != contentHash(other))
    }

    @Test("text of every length is hashed to its last byte")
    func everyByte() {
        var bytes = [UInt8](repeating: 7, count: 200)
        var hashes: Set<UInt64> = []
        var made = 0
        for length in 0...200 {
            hashes.insert(bytes.withUnsafeBufferPointer { hash($0, length) })
            made += 1
            for changed in 0..<length {
                bytes[changed] = 8
                hashes.insert(bytes.withUnsafeBufferPointer { hash($0, length) })
                bytes[changed] = 7
                made += 1
            }
        }
        #expect(hashes.count == made)
    }

    private func hash(_ bytes: UnsafeBufferPointer<UInt8>, _ length: Int) -> UInt64 {
        guard let start = bytes.baseAddress else { return 0 }
        return ContentHash.bytes(start, length, seed: ContentHash.Seed.text)
    }

    @Test("the hash is what it was: it is kept on disk")
    func golden() throws {
        let data =
            #"{"tokens":"1234","model":"a model with quite a long name, longer than forty-eight bytes","#
            + #""n":[1,-2.5e3,true,null,{}]}"#
        let attributes =
            #","subject":"customer-1","time":"2025-06-07T12:34:56Z","dataschema":"http://example.com/s","ext":7"#
        #expect(try contentHash(event()) == 0x5518_EC03_0EAD_10C7)
        #expect(try contentHash(event(attributes + ",\"data\":" + data)) == 0xED4B_A6A4_9451_0FBB)
    }
}
