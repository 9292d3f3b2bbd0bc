/// Who sent a request, and how the answer has to look for it.
struct Asker {
    /// What its access token lets it do; nil without one.
    var grant: AccessGrant?
    /// What the answer says about pages of other origins; nil when the server says nothing about them.
    var crossOrigin: CrossOrigin.Answer?
    /// The answer has no content.
    var isHead = false
}
