using CrunSharp.Runtime;

namespace CrunSharp.Explain;

/// <summary>Every kind of step has its explainer; a test goes through the kinds.</summary>
internal static class Explainers
{
    private static readonly Dictionary<Type, Explainer> s_all =
        ((IEnumerable<Explainer>)[.. NamespaceKinds.All, .. RootKinds.All, .. MountKinds.All, .. NodeKinds.All, .. ProcessKinds.All, .. RightsKinds.All, .. RareKinds.All])
        .ToDictionary(static explainer => explainer.Kind);

    public static Explainer For(Step step) => s_all[step.GetType()];

    public static bool Knows(Type kind) => s_all.ContainsKey(kind);
}
