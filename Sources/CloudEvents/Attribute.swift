/// The members of an event in the JSON format. All but `data`, `dataBase64` are context attributes; any name that is
/// not here is an extension attribute's.
enum Attribute: UInt8 {
    case specversion, id, source, type, subject, time, datacontenttype, dataschema, data, dataBase64, `extension`

    /// The bit that stands for it in a set.
    @inline(__always)
    var bit: UInt32 { 1 &<< UInt32(rawValue) }

    /// What its hash is multiplied into the event's with.
    @inline(__always)
    var salt: UInt64 { ContentHash.Seed.event &* (UInt64(rawValue) &* 2 &+ 1) }

    var name: String {
        switch self {
        case .specversion: "specversion"
        case .id: "id"
        case .source: "source"
        case .type: "type"
        case .subject: "subject"
        case .time: "time"
        case .datacontenttype: "datacontenttype"
        case .dataschema: "dataschema"
        case .data: "data"
        case .dataBase64: "data_base64"
        case .extension: "extension"
        }
    }

    /// The member with this name, compared in whole words: the length tells which it can be. The numbers are the names'
    /// bytes, the first one lowest.
    @inline(__always)
    static func named(_ name: UnsafePointer<UInt8>, _ count: Int) -> Attribute {
        let text = UnsafeRawPointer(name)
        switch count {
        case 2:
            return two(text) == 0x6469 ? .id : .extension
        case 4:
            switch four(text) {
            case 0x6570_7974: return .type
            case 0x656D_6974: return .time
            case 0x6174_6164: return .data
            default: return .extension
            }
        case 6:
            return four(text) == 0x7275_6F73 && two(text + 4) == 0x6563 ? .source : .extension
        case 7:
            return four(text) == 0x6A62_7573 && four(text + 3) == 0x7463_656A ? .subject : .extension
        case 10:
            return eight(text) == 0x6568_6373_6174_6164 && two(text + 8) == 0x616D ? .dataschema : .extension
        case 11:
            if eight(text) == 0x7372_6576_6365_7073, four(text + 7) == 0x6E6F_6973 { return .specversion }
            return eight(text) == 0x7361_625F_6174_6164 && four(text + 7) == 0x3436_6573 ? .dataBase64 : .extension
        case 15:
            return eight(text) == 0x746E_6F63_6174_6164 && eight(text + 7) == 0x6570_7974_746E_6574
                ? .datacontenttype : .extension
        default:
            return .extension
        }
    }

    @inline(__always)
    private static func two(_ at: UnsafeRawPointer) -> UInt16 {
        UInt16(littleEndian: at.loadUnaligned(as: UInt16.self))
    }

    @inline(__always)
    private static func four(_ at: UnsafeRawPointer) -> UInt32 {
        UInt32(littleEndian: at.loadUnaligned(as: UInt32.self))
    }

    @inline(__always)
    private static func eight(_ at: UnsafeRawPointer) -> UInt64 {
        UInt64(littleEndian: at.loadUnaligned(as: UInt64.self))
    }
}
