namespace CrunSharp.Engine;

/// <summary>Programs of the host that do what an ordinary user may not do alone.</summary>
internal static class HostProgram
{
    private static readonly string[] s_always = ["/usr/local/bin", "/usr/bin", "/bin", "/usr/sbin", "/sbin"];

    /// <summary>What such a program gets: it acts for the user, but reads nothing of the user's settings.</summary>
    public static IReadOnlyList<string> Environment { get; } = ["PATH=/usr/local/bin:/usr/bin:/bin:/usr/sbin:/sbin", "LC_ALL=C"];

    /// <summary>Its path; null when it is nowhere.</summary>
    public static string? Find(string name) =>
        (System.Environment.GetEnvironmentVariable("PATH") ?? "").Split(':')
            .Where(directory => directory.StartsWith('/'))
            .Concat(s_always)
            .Select(directory => $"{directory}/{name}")
            .FirstOrDefault(File.Exists);
}
