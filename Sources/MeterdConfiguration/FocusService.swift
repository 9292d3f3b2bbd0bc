/// The service categories of FOCUS and the subcategories of each (FOCUS 1.2, columns ServiceCategory and
/// ServiceSubcategory). A subcategory belongs to one category.
enum FocusService {
    enum Category: String, Sendable, CaseIterable {
        case artificialIntelligence = "AI and Machine Learning"
        case analytics = "Analytics"
        case businessApplications = "Business Applications"
        case compute = "Compute"
        case databases = "Databases"
        case developerTools = "Developer Tools"
        case multicloud = "Multicloud"
        case identity = "Identity"
        case integration = "Integration"
        case internetOfThings = "Internet of Things"
        case managementAndGovernance = "Management and Governance"
        case media = "Media"
        case migration = "Migration"
        case mobile = "Mobile"
        case networking = "Networking"
        case security = "Security"
        case storage = "Storage"
        case web = "Web"
        case other = "Other"

        /// In the specification's order; every category ends with one for the rest.
        var subcategories: [String] { named + ["Other (\(rawValue))"] }

        private var named: [String] {
            switch self {
            case .artificialIntelligence:
                ["AI Platforms", "Bots", "Generative AI", "Machine Learning", "Natural Language Processing"]
            case .analytics:
                ["Analytics Platforms", "Business Intelligence", "Data Processing", "Search", "Streaming Analytics"]
            case .businessApplications: ["Productivity and Collaboration"]
            case .compute:
                ["Containers", "End User Computing", "Quantum Compute", "Serverless Compute", "Virtual Machines"]
            case .databases:
                [
                    "Caching", "Data Warehouses", "Ledger Databases", "NoSQL Databases", "Relational Databases",
                    "Time Series Databases",
                ]
            case .developerTools:
                [
                    "Developer Platforms", "Continuous Integration and Deployment", "Development Environments",
                    "Source Code Management", "Quality Assurance",
                ]
            case .multicloud: ["Multicloud Integration"]
            case .identity: ["Identity and Access Management"]
            case .integration: ["API Management", "Messaging", "Workflow Orchestration"]
            case .internetOfThings: ["IoT Analytics", "IoT Platforms"]
            case .managementAndGovernance:
                [
                    "Architecture", "Compliance", "Cost Management", "Data Governance", "Disaster Recovery",
                    "Endpoint Management", "Observability", "Support",
                ]
            case .media: ["Content Creation", "Gaming", "Media Streaming", "Mixed Reality"]
            case .migration: ["Data Migration", "Resource Migration"]
            case .mobile: []
            case .networking:
                [
                    "Application Networking", "Content Delivery", "Network Connectivity", "Network Infrastructure",
                    "Network Routing", "Network Security",
                ]
            case .security: ["Secret Management", "Security Posture Management", "Threat Detection and Response"]
            case .storage: ["Backup Storage", "Block Storage", "File Storage", "Object Storage", "Storage Platforms"]
            case .web: ["Application Platforms"]
            case .other: []
            }
        }
    }

    static let allSubcategories = Category.allCases.flatMap(\.subcategories)
}
