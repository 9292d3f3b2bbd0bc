import CloudEvents
import Foundation
import Metering
import Testing

@testable import Engine

/// The directory of an engine, looked at from outside.
struct EngineDirectory {
    let path: String

    /// Bytes that a frame may have at its end and be zero all the same.
    private static let padding = 16
    /// Bytes that a run's log has at most.
    private static let longestLog = 1 << 20
    /// Times a directory is copied before a test gives up.
    private static let attempts = 200

    /// The newest segment of the log and where what is written in it ends; the rest is allocated and empty. Nil without one.
    func newestSegment() throws -> (path: String, end: Int, length: Int)? {
        let log = Engine.logDirectory(of: path)
        let names = try FileManager.default.contentsOfDirectory(atPath: log).filter { $0.hasSuffix(".log") }.sorted()
        guard let name = names.last else { return nil }
        let (bytes, length) = try Self.written(in: log + "/" + name)
        return (log + "/" + name, bytes.count + Self.padding, length)
    }

    /// What is written in a segment, without the zeros behind it, and how long the file is.
    private static func written(in segment: String) throws -> (bytes: Data, length: Int) {
        let file = try FileHandle(forReadingFrom: URL(filePath: segment))
        defer { try? file.close() }
        let length = Int(try file.seekToEnd())
        try file.seek(toOffset: 0)
        let bytes = try file.read(upToCount: longestLog) ?? Data()
        let end = bytes.withUnsafeBytes { bytes in
            var end = bytes.count
            while end > 0, bytes[end - 1] == 0 { end -= 1 }
            return end
        }
        try #require(end < longestLog)
        return (bytes.prefix(end), length)
    }

    /// A copy of it as it is at one moment: it is copied again until nothing was written meanwhile.
    func copy() throws -> EngineDirectory {
        let copy = FileManager.default.temporaryDirectory.appending(path: "engine-\(UUID().uuidString)").path
        for _ in 0..<Self.attempts {
            do {
                let before = try files()
                try copyAll(to: copy)
                if try files() == before { return EngineDirectory(path: copy) }
            } catch let error as CocoaError where [.fileNoSuchFile, .fileReadNoSuchFile].contains(error.code) {
                // A file that was there when the copy began is not any more.
            }
            try? FileManager.default.removeItem(atPath: copy)
        }
        throw ModelProblem.differs("\(path) is written to all the time")
    }

    /// Copies all files; of the log's segments only what is written in them.
    private func copyAll(to copy: String) throws {
        for name in try FileManager.default.subpathsOfDirectory(atPath: path) {
            let (from, to) = (path + "/" + name, copy + "/" + name)
            var isDirectory: ObjCBool = false
            _ = FileManager.default.fileExists(atPath: from, isDirectory: &isDirectory)
            if isDirectory.boolValue { continue }
            let parent = URL(filePath: to).deletingLastPathComponent()
            try FileManager.default.createDirectory(at: parent, withIntermediateDirectories: true)
            if name.hasSuffix(".log") {
                let (bytes, length) = try Self.written(in: from)
                try bytes.write(to: URL(filePath: to))
                let file = try FileHandle(forUpdating: URL(filePath: to))
                try file.truncate(atOffset: UInt64(length))
                try file.close()
            } else {
                try FileManager.default.copyItem(atPath: from, toPath: to)
            }
        }
    }

    /// Sizes and times of all files.
    private func files() throws -> [String: [Int64]] {
        var files: [String: [Int64]] = [:]
        for name in try FileManager.default.subpathsOfDirectory(atPath: path) {
            var status = stat()
            guard stat(path + "/" + name, &status) == 0 else { throw CocoaError(.fileReadNoSuchFile) }
            files[name] = [Int64(status.st_size), Int64(status.st_mtim.tv_sec), Int64(status.st_mtim.tv_nsec)]
        }
        return files
    }

    /// Ends the log somewhere from a byte on; zeroed, the segment keeps its length.
    func cutLog(from first: Int, at choice: Int, zeroed: Bool) throws {
        guard let segment = try newestSegment() else { return }
        let room = max(0, segment.end - first) + 1
        let file = try FileHandle(forUpdating: URL(filePath: segment.path))
        defer { try? file.close() }
        try file.truncate(atOffset: UInt64(first + choice % room))
        if zeroed { try file.truncate(atOffset: UInt64(segment.length)) }
    }
}

extension ModelRun {
    /// The run as it goes on after a kill now, with a log that ends anywhere behind the last checkpoint. While meters are counted
    /// from the log, checkpoints come at any time: then the log is whole.
    ///
    /// - Parameter choice: picks where the log ends, and how.
    func killed(at choice: Int) async throws -> ModelRun {
        let copy = try EngineDirectory(path: fixture.directory).copy()
        if model.filling.isEmpty { try copy.cutLog(from: checkpointedBytes, at: choice / 2, zeroed: choice % 2 == 0) }
        let cut = try EngineFixture(try Self.configured, directory: copy.path, adjust: Self.inSmallSteps)
        cut.clock.now = fixture.clock.now
        let through = try await cut.engine.bucketRevisions(meter: "prompts").through
        return try await ModelRun(self, fixture: cut, through: through)
    }
}
