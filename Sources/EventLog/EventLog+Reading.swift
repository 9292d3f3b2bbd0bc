extension EventLog {
    /// Bytes read at once for a single frame.
    private static let lookupBytes = 64 << 10

    /// Frames in order, beginning with the one that holds this sequence number, or with the first after it when it is no
    /// longer kept or was given up by a repair. Only frames that are on disk; safe beside the writer.
    public func frames(from sequence: UInt64) throws(EventLogError) -> FrameCursor {
        cursor(from: sequence, readBytes: options.readBytes)
    }

    /// The frame that holds one event; nil when it is not on disk, no longer kept, or was given up by a repair.
    public func frame(holding sequence: UInt64) throws(EventLogError) -> Frame? {
        let cursor = cursor(from: sequence, readBytes: Self.lookupBytes)
        guard let frame = try cursor.next(), frame.firstSequence <= sequence else { return nil }
        return frame
    }

    /// Where to begin reading for events that arrived at this time (µs since 1970) or later: every event below arrived
    /// earlier. Exact to a segment, by the clock that dates the segments.
    public func firstSequence(arrivingFrom time: Int64) throws(EventLogError) -> UInt64 {
        let segments = catalog.segments
        var low = 0
        var high = segments.count
        while low < high {
            let middle = (low + high) / 2
            if try segmentHeader(segments[middle]).createdAt > time { high = middle } else { low = middle + 1 }
        }
        return low > 0 ? segments[low - 1] : catalog.firstSequence
    }

    private func cursor(from sequence: UInt64, readBytes: Int) -> FrameCursor {
        FrameCursor(
            directory: directory,
            identity: identity,
            disk: surroundings.disk,
            catalog: catalog,
            readBytes: readBytes,
            from: sequence
        )
    }

    func segmentHeader(_ segment: UInt64) throws(EventLogError) -> SegmentHeader {
        let reader = try system { () throws(SystemError) in
            try SegmentReader(
                directory: directory,
                segment: segment,
                identity: identity,
                disk: surroundings.disk,
                readBytes: SegmentHeader.byteCount,
                limit: Int64(SegmentHeader.byteCount)
            )
        }
        return try reader.provenHeader(next: nil)
    }
}
