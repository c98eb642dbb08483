namespace CrunSharp.OciVerbs;

/// <summary>The verbs by name.</summary>
internal static class KnownVerbs
{
    public static IEnumerable<OciVerb> All
    {
        get
        {
            foreach (string name in new[] { "create", "start", "run", "exec", "state", "kill", "delete", "list", "ps", "pause", "resume", "update", "spec", "features", "explain" })
            {
                yield return Find(name)!;
            }
        }
    }

    public static OciVerb? Find(string? name) => name switch
    {
        "create" => new CreateVerb(),
        "start" => new StartVerb(),
        "run" => new RunVerb(),
        "exec" => new ExecVerb(),
        "state" => new StateVerb(),
        "kill" => new KillVerb(),
        "delete" => new DeleteVerb(),
        "list" => new ListVerb(),
        "ps" => new PsVerb(),
        "pause" => new PauseVerb(),
        "resume" => new ResumeVerb(),
        "update" => new UpdateVerb(),
        "spec" => new SpecVerb(),
        "features" => new FeaturesVerb(),
        "explain" => new ExplainVerb(),
        _ => null,
    };
}
