/// A segment's file made ahead of its name, its space allocated.
final class PreparedSegment: Sendable {
    let file: File

    private init(file: consuming File) { self.file = file }

    /// Makes the file; when that fails nothing is left of it.
    static func make(directory: String, name: String, bytes: Int, disk: any LogDisk) throws(SystemError)
        -> PreparedSegment
    {
        let path = directory + "/" + name
        let file = try File(path, .creating, on: disk)
        do throws(SystemError) {
            try file.allocate(bytes: Int64(bytes))
        } catch {
            do throws(SystemError) { try disk.remove(path) } catch {}
            throw error
        }
        return PreparedSegment(file: file)
    }
}

/// The segment being written.
final class OpenSegment {
    let firstSequence: UInt64
    let seed: UInt32
    let epoch: UInt32
    let file: File
    /// Where the next frame goes, in bytes.
    var end = Int64(SegmentHeader.byteCount)

    private init(_ file: consuming File, header: SegmentHeader) {
        self.file = file
        firstSequence = header.firstSequence
        epoch = header.epoch
        seed = FrameHeader.seed(identity: header.identity, segment: header.firstSequence)
    }

    /// Gives a prepared file its header and its name, both durable before this returns.
    ///
    /// 1. The header is written and synced, with the file's size, under the temporary name.
    /// 2. The file is renamed. A crash now leaves the temporary file (removed at the next open) or a segment with a good
    ///    header and no frame, which the next open replaces.
    /// 3. The directory is synced. Only now may a frame be written and acked: its file can no longer lose its name.
    static func begin(
        _ prepared: PreparedSegment,
        header: SegmentHeader,
        directory: String,
        disk: any LogDisk
    ) throws(SystemError) -> OpenSegment {
        let path = directory + "/" + LogName.segmentFile(header.firstSequence)
        try prepared.file.writeAll(header.encoded(), at: 0)
        try prepared.file.sync()
        try disk.rename(prepared.file.path, to: path)
        try disk.syncDirectory(directory)
        // Opened again, so that errors to come name the file as it is called now.
        return OpenSegment(try File(path, .writing, on: disk), header: header)
    }
}
