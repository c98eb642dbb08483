using System.Reflection;

namespace CrunSharp.Cli.Output;

/// <summary>Which build this is; the build writes it into the assembly.</summary>
internal static class ProgramVersion
{
    private static readonly string s_whole =
        typeof(ProgramVersion).Assembly.GetCustomAttribute<AssemblyInformationalVersionAttribute>()?.InformationalVersion ?? "0";

    public static string Number { get; } = s_whole.Split('+')[0];

    /// <summary>The commit it was made from; "unknown" where the sources had no history.</summary>
    public static string Commit { get; } = s_whole.Split('+') is [_, { Length: > 0 } commit, ..] ? commit : "unknown";

    public static string Line { get; } = $"crun-sharp version {Number}, commit {Commit}";
}
