using System.Text.Json;
using System.Text.RegularExpressions;
using CrunSharp.Testing;
using Xunit;

namespace CrunSharp.CliTests.Oracles;

/// <summary>A program that looks around sees in a default container what it sees in docker's.</summary>
/// <remarks>
/// Docker gets the filter that crun-sharp made of its profile, as Debian's docker has an older profile: whether the
/// profile is the named release's is tested where it is written.
/// </remarks>
[Collection(nameof(Alone))]
[Trait("uml", "no")] // Docker's daemon is not run there.
public sealed partial class DockerViewTests
{
    // What stays different, and why. A line is exempt when it begins with one of these.
    private static readonly (string Begin, string Reason)[] s_exempt =
    [
        ("env HOSTNAME=", "the container's id"),
        ("cgroup ", "each engine has a parent cgroup of its own"),
        ("hosts ", "the container's own name and address"),
        ("namespace ", "each container has its own"),
        ("mount /payload ", "the test's"),
        .. NewCalls,
        ("mount / ", "docker's root goes on receiving the host's mounts (rslave); ours receives none"),
        ("mount /sys ", "read-only in both: docker's as a file system, ours as a mount"),
        ("mount /sys/fs/cgroup ", "ours is read-only, as config.json has it in both; docker's runc leaves the directory of the hierarchies writable"),
        ("path /sys/fs/cgroup ", "as above"),
        ("mount /proc/interrupts ", "masked since Docker 26; Debian's is older"),
        ("path /proc/interrupts ", "as above"),
        ("sysctl net/ipv6/conf/all/disable_ipv6 ", "docker turns IPv6 off where a network has none, the loopback's ::1 with it"),
        ("sysctl net/ipv6/conf/default/disable_ipv6 ", "as above"),
        ("dev core ", "a link to /proc/kcore; runc leaves it out where the kernel has no such file"),
    ];

    // Calls that Debian's libseccomp has no names for: there runc answers ENOSYS whatever the profile says.
    private static IEnumerable<(string Begin, string Reason)> NewCalls =>
        Enumerable.Range(457, 475 - 457).Select(number => ($"call {number} ", "newer than Debian's libseccomp"));

    [Fact]
    public async Task DefaultContainer_SeenFromInside_EqualsDockers()
    {
        Host.Requires(
            Host.Root, Host.Overlay, Host.PublishedBinaries, Host.Images, TestEngine.HasPayload, TestRegistry.Installed,
            Host.Command("dockerd", "docker.io"), Host.Command("docker", "docker.io"));
        await using TestEngine engine = await TestEngine.StartAsync("alpine");
        (await engine.RunAsync("pull", "-q", "alpine")).Succeeded();
        string[] container = ["--network", "none", "-v", $"{TestEngine.Payload}:/payload:ro"];
        CommandResult ours = (await engine.RunAsync(["run", "--rm", .. container, "alpine", "/payload", "look", "all"])).Succeeded();

        using TemporaryDirectory directory = new();
        string profile = directory.Write("profile.json", await FilterAsync(engine));
        await using DockerDaemon docker = await DockerDaemon.StartAsync(engine.Registry.Authority);
        string image = $"{engine.Registry.Authority}/library/alpine";
        (await docker.RunAsync("pull", "-q", image)).Succeeded();
        CommandResult theirs = (await docker.RunAsync(["run", "--rm", "--security-opt", $"seccomp={profile}", .. container, image, "/payload", "look", "all"])).Succeeded();

        HashSet<string> seen = Facts(ours.Output);
        HashSet<string> wanted = Facts(theirs.Output);
        Assert.True(seen.Count > 400, ours.Output);
        string[] differences = [.. wanted.Except(seen).Select(line => $"docker: {line}"), .. seen.Except(wanted).Select(line => $"ours:   {line}")];
        Assert.True(differences.Length == 0, string.Join('\n', differences.Order(StringComparer.Ordinal)));
    }

    private static HashSet<string> Facts(string output) =>
    [
        .. output.Split('\n', StringSplitOptions.RemoveEmptyEntries)
            .Where(line => !s_exempt.Any(exempt => line.StartsWith(exempt.Begin, StringComparison.Ordinal)))
            .Select(line => Terminals().Replace(line, "N")),
    ];

    // The section of config.json, as a stopped container leaves it.
    private static async Task<string> FilterAsync(TestEngine engine)
    {
        (await engine.RunAsync("run", "--name", "filter", "--network", "none", "alpine", "true")).Succeeded();
        string config = Directory.EnumerateFiles(Path.Combine(engine.Root, "containers"), "config.json", SearchOption.AllDirectories).Single();
        using JsonDocument document = JsonDocument.Parse(await File.ReadAllBytesAsync(config));
        string filter = document.RootElement.GetProperty("linux").GetProperty("seccomp").GetRawText();
        (await engine.RunAsync("rm", "filter")).Succeeded();
        return filter;
    }

    [GeneratedRegex("(?<=pts/)[0-9]+")]
    private static partial Regex Terminals();
}
