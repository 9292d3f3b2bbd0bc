import Logging

extension ClusterLoop {
    /// What is due.
    func keepHouse() {
        lookAtLog()
        tellReports()
        let now = ContinuousClock.now
        if now >= discoverAt { discover() }
        if now >= lagAt {
            lagAt = now + settings.intervals.lag
            lookAtLag()
        }
        if now >= commitAt {
            commitAt = now + settings.intervals.commit
            commit()
        }
        deadLetters?.poll()
    }

    /// The last things: what is under way reaches the disk, the broker hears how far, the dead letters go out.
    func finish() {
        _ = settleLog()
        let due = dueCommits()
        if !due.isEmpty, book.troubles[.cluster] == nil {
            client.commit(due, milliseconds: Self.farewellMilliseconds)
        }
        deadLetters?.close()
        logger.info("the cluster is read no longer", metadata: ["partitions": "\(partitions.count)"])
    }

    /// Ends librdkafka's own threads.
    func close() { client.close() }

    /// Milliseconds the broker has to answer the last commit.
    private static let farewellMilliseconds: Int32 = 3_000

    // MARK: Offsets on the broker

    private func commit() {
        let due = dueCommits()
        guard !due.isEmpty else { return }
        client.commit(due)
        for (id, offset) in due {
            if let place = places[id] { partitions[place].committed = offset }
        }
    }

    private func dueCommits() -> [(id: PartitionID, offset: Int64)] {
        partitions.filter { $0.isFetched && $0.committed != $0.durable }.map { ($0.id, $0.durable) }
    }

    // MARK: What others see

    private func lookAtLag() {
        let now = ContinuousClock.now
        for place in partitions.indices where partitions[place].isFetched {
            if let end = client.knownEnd(of: partitions[place].id) { partitions[place].end = end }
            partitions[place].showLag(now: now)
        }
        showStatus()
    }

    /// librdkafka has given everything there is of a partition.
    func reachEnd(of place: Int, at offset: Int64) {
        partitions[place].reachedEnd = offset
        guard !book.troubles.isEmpty else { return }
        settle(.partition(partitions[place].id))
        settle(.topic(partitions[place].id.topic))
    }

    func showStatus() {
        status.show(partitions, troubles: book.troubles, hasListed: hasListed, now: .now)
    }

    // MARK: Trouble

    /// Something is wrong: says so once, and then at intervals.
    func note(_ kind: TroubleKind, _ text: String) {
        switch book.note(kind, text, now: .now) {
        case .begins(let text): logger.warning("\(text)")
        case .lasts(let text, let seconds): logger.warning("\(text)", metadata: ["seconds": "\(seconds)"])
        case .over, nil: break
        }
    }

    /// It is right again.
    func settle(_ kind: TroubleKind) {
        guard case .over(let text, let seconds) = book.settle(kind, now: .now) else { return }
        logger.info("over: \(text)", metadata: ["seconds": "\(seconds)"])
    }

    private func tellReports() {
        let (trouble, commit, lines) = client.reports.drain()
        for line in lines { logger.debug("librdkafka: \(line.text)", metadata: ["level": "\(line.level)"]) }
        switch trouble {
        case .final(let text): note(.cluster, text)
        case .passing: discoverSoon()
        case nil: break
        }
        switch commit {
        case .success: settle(.commit)
        case .failure(let failure): note(.commit, "the broker does not take the group's offsets: \(failure.text)")
        case nil: break
        }
        if let deadLetters {
            if let failure = deadLetters.failure {
                note(.deadLetters, failure)
            } else {
                settle(.deadLetters)
            }
        }
    }
}
