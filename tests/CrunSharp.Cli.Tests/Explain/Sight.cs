using System.Text.RegularExpressions;

namespace CrunSharp.CliTests.Explain;

/// <summary>What the program of tests/payload saw in a container, without what has to differ from one container to the next.</summary>
internal static partial class Sight
{
    /// <summary>The words that make it look at everything, each number of a system call tried.</summary>
    public static string[] Words { get; } = ["/payload", "look", "all", "bounds"];

    /// <returns>A line for each difference; none when both saw the same.</returns>
    public static string[] Differences(string ours, string theirs)
    {
        HashSet<string> one = Facts(ours), other = Facts(theirs);
        return [.. one.Except(other).Select(static line => $"run:  {line}"), .. other.Except(one).Select(static line => $"hand: {line}")];
    }

    public static HashSet<string> Facts(string output) =>
    [
        .. output.Split('\n', StringSplitOptions.RemoveEmptyEntries)
            // Packets are counted, and by hand a shell has used up some numbers before an init's child gets one.
            .Where(static line => !line.StartsWith("interface ", StringComparison.Ordinal) && !line.StartsWith("pid ", StringComparison.Ordinal))
            .Select(Common),
    ];

    // Namespaces are told apart from this process's own, not from one another.
    private static string Common(string line) => Namespace().Match(line) is { Success: true } match
        ? $"namespace {match.Groups[1].Value} {(line.EndsWith(HostsOwn(match.Groups[1].Value), StringComparison.Ordinal) ? "of the host" : "of its own")}"
        : Terminal().Replace(MadeByHand().Replace(Id().Replace(line, "ID"), "containers/ID"), "N");

    private static string HostsOwn(string kind) => new FileInfo($"/proc/self/ns/{kind}").LinkTarget ?? "";

    [GeneratedRegex(@"^namespace (\w+):\[")]
    private static partial Regex Namespace();

    [GeneratedRegex("(?<=/)[0-9a-f]{12,64}(?=[/ ]|$)")]
    private static partial Regex Id();

    [GeneratedRegex(@"by-hand\.\w+")]
    private static partial Regex MadeByHand();

    [GeneratedRegex("(?<=pts/)[0-9]+")]
    private static partial Regex Terminal();
}
