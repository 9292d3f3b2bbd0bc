extension DeliveryKeys {
    /// The prefixes to list for what earlier deliveries of the period left, finished or not; none where a delivery is one
    /// file that takes the place of the one before.
    var leftoverPrefixes: [String] {
        switch self {
        case .single: []
        case .numbered(let stem): [stem + "-"]
        case .export(let export): [export.dataFolder, export.metadataFolder]
        case .drops(let drops): [drops.folder]
        }
    }

    /// Whether a delivery removes what an earlier one left in a place. Versions that have a manifest of their own stay.
    func tidies(_ place: String) -> Bool {
        switch self {
        case .single: false
        case .numbered(let stem): place.utf8.starts(with: stem.utf8)
        case .export(let export): place.utf8.starts(with: export.dataFolder.utf8) && !place.contains("/*/")
        case .drops(let drops): place.utf8.starts(with: drops.folder.utf8)
        }
    }

    /// The data files among listed objects that nobody is led to any more: those that the delivery does not have and
    /// that belong to no version with a manifest of its own. What is not named like a data file of ours is let alone.
    /// - Parameter unfinished: files that were put and are part of no delivery: of a version with such a file nobody was
    ///   told, so it goes with its manifest.
    func stale(in listed: [String], current: Set<String>, unfinished: Set<String>) -> [String] {
        let others = listed.filter { !current.contains($0) }
        switch self {
        case .single:
            return []
        case .numbered(let stem):
            return others.filter { $0.part(ofStem: stem).map { $0 > 1 } ?? false }
        case .export(let export):
            let unfinished = Set(unfinished.subtracting(current).compactMap { export.dataFile($0)?.version })
            let kept = Set(listed.compactMap(export.versionOfManifest)).subtracting(unfinished)
            return others.filter { key in
                if let version = export.versionOfManifest(key) { return unfinished.contains(version) }
                guard let file = export.dataFile(key) else { return false }
                return file.version.map { !kept.contains($0) } ?? true
            }
        case .drops(let drops):
            return others.filter(drops.isDataFile)
        }
    }
}
