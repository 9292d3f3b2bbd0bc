/// What the writer thread does: takes what waits, has it written and synced, tells the follower, then the senders.
struct CommitLoop {
    let queue: SubmissionQueue
    let writer: LogWriter
    let follower: any LogFollower
    let observer: LogObserver

    /// Runs until the queue is closed and empty, or a write or sync failed.
    func run() {
        var drafts: [FrameDraft] = []
        while queue.take(&drafts) {
            guard commitAll(drafts) else { return }
            drafts.removeAll(keepingCapacity: true)
        }
        do throws(SystemError) { try writer.close() } catch { observer.failed(.system(error)) }
    }

    private func commitAll(_ drafts: [FrameDraft]) -> Bool {
        var start = 0
        while start < drafts.count {
            let first = start
            switch writer.commit(drafts, from: &start) {
            case .committed(let frames, let sample):
                follower.synced(frames)
                // Before the completions: who hears that a frame is done finds room for the next.
                queue.release(bytes: sample.bytes, frames: sample.frames, committed: sample)
                for (frame, draft) in zip(frames, drafts[first..<start]) {
                    draft.completion(.success(frame.firstSequence))
                }
                observer.committed(sample)
            case .diskLow:
                if queue.diskIsLow() { observer.diskLow(true) }
                refuse(drafts[first...], .diskLow)
                return true
            case .failed(let error):
                // First shut the door, so that no frame can come in behind those that are told now.
                let waiting = queue.fail(error.description)
                observer.failed(.system(error))
                refuse(drafts[first...], .failed(error.description))
                for draft in waiting { draft.completion(.failure(.failed(error.description))) }
                return false
            }
        }
        return true
    }

    private func refuse(_ drafts: ArraySlice<FrameDraft>, _ error: AppendError) {
        queue.release(bytes: drafts.reduce(0) { $0 + $1.frameBytes }, frames: drafts.count)
        for draft in drafts { draft.completion(.failure(error)) }
    }
}
