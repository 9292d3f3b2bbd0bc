import Foundation
import FoundationXML

/// An answer of S3 or STS: elements with text in them, no more.
///
/// It is read by Foundation's parser (libxml2), which comes with the toolchain. XMLCoder is built on the same parser and
/// would add a dependency and a `Codable` layer for some ten elements.
struct XMLTree: Sendable, Equatable {
    var name: String
    /// The text in the element itself, white space at both ends removed.
    var text: String = ""
    var children: [XMLTree] = []

    /// Reads a document; nil when it is not well-formed, has a document type or is deeper than ``depthLimit``.
    static func parse(_ bytes: [UInt8]) -> XMLTree? {
        // S3 keeps a slow connection open with white space, which may come before the XML declaration.
        let document = Data(bytes.drop { $0 == 0x20 || $0 == 0x09 || $0 == 0x0A || $0 == 0x0D })
        guard !document.isEmpty, document.range(of: Data("<!DOCTYPE".utf8)) == nil else { return nil }
        let parser = XMLParser(data: document)
        let tree = TreeBuilder()
        parser.delegate = tree
        guard parser.parse(), tree.open.count == 1, let root = tree.open[0].children.first else { return nil }
        return root
    }

    /// The first element below by its path of names.
    subscript(_ path: String...) -> XMLTree? {
        path.reduce(Optional(self)) { element, name in element?.children.first { $0.name == name } }
    }

    /// All elements of a name right below.
    func all(_ name: String) -> [XMLTree] {
        children.filter { $0.name == name }
    }

    /// Elements within elements.
    static let depthLimit = 16
}

private final class TreeBuilder: NSObject, XMLParserDelegate {
    /// The element being read, its parents before it, and a root for the document itself.
    var open = [XMLTree(name: "")]

    func parser(
        _ parser: XMLParser,
        didStartElement elementName: String,
        namespaceURI: String?,
        qualifiedName: String?,
        attributes: [String: String]
    ) {
        open.append(XMLTree(name: elementName))
        if open.count > XMLTree.depthLimit { parser.abortParsing() }
    }

    func parser(_ parser: XMLParser, foundCharacters string: String) {
        open[open.count - 1].text += string
    }

    func parser(_ parser: XMLParser, foundCDATA block: Data) {
        open[open.count - 1].text += String(decoding: block, as: UTF8.self)
    }

    func parser(
        _ parser: XMLParser,
        didEndElement elementName: String,
        namespaceURI: String?,
        qualifiedName: String?
    ) {
        guard open.count > 1, var element = open.popLast() else { return }
        element.text = element.text.trimmingCharacters(in: .whitespacesAndNewlines)
        open[open.count - 1].children.append(element)
    }
}
