using System.Diagnostics;
using CrunSharp.Testing;
using Xunit;

namespace CrunSharp.CliTests;

public sealed class RootlessRunTests
{
    [Fact]
    public async Task Run_ByAnOrdinaryUser_IsRootInsideAndTheUserOutside()
    {
        Host.Requires(RootlessHome.Needs);
        await using RootlessHome home = await RootlessHome.MakeAsync();
        string shared = home.Shared;
        CommandResult result = (await home.RunAsync("run", "--rm", "--network", "none", "-v", $"{shared}:/shared", home.Image, "sh", "-c", "id -u; touch /shared/made")).Succeeded();
        Assert.Equal("0\n", result.Output);
        string owner = (await Command.RunAsync("stat", "-c", "%u", $"{shared}/made")).Output.Trim();
        Assert.Equal((await Command.RunAsync("id", "-u")).Output.Trim(), owner);
    }

    [Fact]
    public async Task Run_ByAnOrdinaryUser_HasAUserNamespaceBelowTheEngines()
    {
        Host.Requires(RootlessHome.Needs);
        await using RootlessHome home = await RootlessHome.MakeAsync();
        CommandResult result = (await home.RunAsync("run", "--rm", "--network", "none", home.Image, "sh", "-c", "readlink /proc/self/ns/user; cat /proc/self/uid_map")).Succeeded();
        string[] lines = result.Output.Split('\n');
        Assert.NotEqual($"user:[{home.Inode}]", lines[0]);

        // Seen from the engine's namespace every id is itself: 0 is 0, not the caller's number.
        Assert.Equal(["0", "0", "1"], lines[1].Split(' ', StringSplitOptions.RemoveEmptyEntries));
    }

    [Fact]
    public async Task Run_WithSubordinateIds_KnowsOtherUsersAndTheirGroups()
    {
        Host.Requires([.. RootlessHome.Needs, Host.SubordinateIds]);
        await using RootlessHome home = await RootlessHome.MakeAsync();
        CommandResult result = (await home.RunAsync(
            "run", "--rm", "--network", "none", "--user", "1234:2345", "--group-add", "3456", home.Image, "sh", "-c", "id -u; id -G")).Succeeded();
        Assert.Equal("1234\n2345 3456\n", result.Output);
    }

    [Fact]
    public async Task Run_WithOneId_RefusesOtherUsersAndSaysWhy()
    {
        Host.Requires([.. RootlessHome.Needs, Host.NoSubordinateIds]);
        await using RootlessHome home = await RootlessHome.MakeAsync();
        CommandResult first = (await home.RunAsync("run", "--rm", "--network", "none", home.Image, "true")).Succeeded();
        Assert.Contains("has no subordinate", first.Error, StringComparison.Ordinal);

        CommandResult other = await home.RunAsync("run", "--rm", "--network", "none", "--user", "1000", home.Image, "true");
        Assert.Equal(125, other.ExitCode);
        Assert.Contains("cannot run as user 1000:1000: without subordinate ids a container has user 0 only", other.Error, StringComparison.Ordinal);
        Assert.DoesNotContain("has no subordinate user ids: containers", other.Error, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Run_LimitWithoutAnyCgroup_IsAnErrorAndNotIgnored()
    {
        Host.Requires(RootlessHome.Needs);
        Assert.SkipWhen(File.Exists("/sys/fs/cgroup/cgroup.controllers"), "needs a host whose ordinary users have no cgroups: cgroup v1");
        await using RootlessHome home = await RootlessHome.MakeAsync();
        CommandResult result = await home.RunAsync("run", "--rm", "--network", "none", "--memory", "64m", home.Image, "true");
        Assert.Equal(125, result.ExitCode);
        Assert.Contains("this user may make no cgroups on this host", result.Error, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Cve2023_25809_RootlessWithoutACgroupNamespace_CannotChangeTheHostsCgroups()
    {
        Host.Requires(RootlessHome.Needs);
        await using RootlessHome home = await RootlessHome.MakeAsync();
        string attack = """
            cd /sys/fs/cgroup || exit 9
            for directory in . */ */*/; do
                mkdir $directory/attack && echo made $directory
                echo 0 > $directory/cgroup.procs && echo moved $directory
                test -e $directory/notify_on_release && echo 1 > $directory/notify_on_release && echo wrote $directory
                touch $directory/attack && echo touched $directory
            done 2>/dev/null
            echo tried
            """;
        CommandResult result = await home.RunAsync("run", "--rm", "-q", "--without", "ns=cgroup", "--network", "none", home.Image, "sh", "-c", attack);
        Assert.Equal("tried\n", result.Succeeded().Output);
        Assert.Empty(Directory.GetDirectories("/sys/fs/cgroup", "attack", new EnumerationOptions { RecurseSubdirectories = true, IgnoreInaccessible = true }));
    }

    [Fact]
    public async Task Cve2024_21626_RootlessProcessThatJoinsThroughADescriptor_StaysInTheRoot()
    {
        Host.Requires(RootlessHome.Needs);
        await using RootlessHome home = await RootlessHome.MakeAsync();
        using Process run = await home.StartSleeperAsync("sleeper", "none");
        for (int descriptor = 3; descriptor <= 20; descriptor++)
        {
            CommandResult result = await home.RunAsync("exec", "-w", $"/proc/self/fd/{descriptor}", "sleeper", "sh", "-c", "test . -ef / && echo root || pwd");
            Assert.Equal(result.ExitCode == 0 ? "root\n" : "", result.Output);
        }

        (await home.RunAsync("rm", "-f", "sleeper")).Succeeded();
        await run.WaitForExitAsync(TestContext.Current.CancellationToken);
    }

    [Fact]
    public async Task Container_SeenEnteredAndRemoved_LeavesNothing()
    {
        Host.Requires([.. RootlessHome.Needs, Host.Tun, Host.NetworkHelper]);
        await using RootlessHome home = await RootlessHome.MakeAsync();
        (await home.RunAsync("pull", "-q", home.Image)).Succeeded();
        using Process run = await home.StartSleeperAsync("sleeper", "private");
        Assert.Contains("sleeper", (await home.RunAsync("ps")).Succeeded().Output, StringComparison.Ordinal);
        Assert.Contains("10.0.2.100", (await home.RunAsync("exec", "sleeper", "ip", "address")).Succeeded().Output, StringComparison.Ordinal);
        (await home.RunAsync("exec", "sleeper", "sh", "-c", "echo x > /file && test -s /file")).Succeeded();

        (await home.RunAsync("rm", "-f", "sleeper")).Succeeded();
        await run.WaitForExitAsync(TestContext.Current.CancellationToken).WaitAsync(TimeSpan.FromSeconds(10), TestContext.Current.CancellationToken);
        Assert.Equal(137, run.ExitCode);
        Assert.DoesNotContain("sleeper", (await home.RunAsync("ps", "-a")).Succeeded().Output, StringComparison.Ordinal);
        Assert.Empty(Directory.EnumerateDirectories(Directory.EnumerateDirectories(home.DataDirectory).Single() + "/containers"));
        Assert.Empty(Helpers(run.Id));
    }

    // Helpers are the monitor's children, and have its number as parent until it goes; then only their session tells.
    private static IEnumerable<int> Helpers(int monitor) => Process.GetProcessesByName("slirp4netns")
        .Where(helper => File.Exists($"/proc/{helper.Id}/stat") && File.ReadAllText($"/proc/{helper.Id}/stat").Split(' ') is var stat && stat[3] == $"{monitor}" && stat[2] != "Z")
        .Select(static helper => helper.Id);
}
