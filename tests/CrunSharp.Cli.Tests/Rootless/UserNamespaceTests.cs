using System.Diagnostics;
using CrunSharp.Testing;
using Xunit;

namespace CrunSharp.CliTests;

/// <summary>The namespace of an ordinary user: made once, joined, lost and found again.</summary>
public sealed class UserNamespaceTests
{
    [Fact]
    public async Task FirstCalls_ManyAtOnce_MakeOneNamespace()
    {
        Host.Requires(RootlessHome.Needs);
        await using RootlessHome home = await RootlessHome.MakeAsync();
        CommandResult[] results = await Task.WhenAll(Enumerable.Range(0, 8).Select(_ => home.RunAsync("images", "-q")));
        Assert.All(results, result => Assert.Equal(0, result.ExitCode));

        // Whoever made it told about missing ids; the others found it made.
        Assert.True(results.Count(static result => result.Error.Contains("subordinate", StringComparison.Ordinal)) <= 1);
        Assert.Equal(home.Inode, await InodeOfAsync(home.HolderPid));
    }

    [Fact]
    public async Task Holder_OfTheNamespace_KeepsNothingElseOpen()
    {
        Host.Requires(RootlessHome.Needs);
        await using RootlessHome home = await RootlessHome.MakeAsync();
        (await home.RunAsync("images")).Succeeded();
        Assert.Empty(Directory.EnumerateFileSystemEntries($"/proc/{home.HolderPid}/fd"));
        Assert.Equal("/", new FileInfo($"/proc/{home.HolderPid}/cwd").LinkTarget);
        Assert.Equal($"{home.HolderPid}", File.ReadAllText($"/proc/{home.HolderPid}/stat").Split(' ')[5]);
    }

    [Fact]
    public async Task Holder_Ended_ANewOneIsMade()
    {
        Host.Requires(RootlessHome.Needs);
        await using RootlessHome home = await RootlessHome.MakeAsync();
        (await home.RunAsync("images")).Succeeded();
        int first = home.HolderPid;
        await EndAsync(first, "TERM");
        (await home.RunAsync("images")).Succeeded();
        Assert.NotEqual(first, home.HolderPid);
        Assert.Equal(home.Inode, await InodeOfAsync(home.HolderPid));
    }

    [Fact]
    public async Task Holder_KilledBesideAContainer_TheSameNamespaceIsFoundAgain()
    {
        Host.Requires(RootlessHome.Needs);
        await using RootlessHome home = await RootlessHome.MakeAsync();
        (await home.RunAsync("pull", "-q", home.Image)).Succeeded();
        using Process run = await home.StartSleeperAsync("survivor", "none");
        string inode = home.Inode;
        int holder = home.HolderPid;
        await EndAsync(holder, "KILL");

        // Only from the namespace that the container's lies in can it be entered and removed.
        (await home.RunAsync("exec", "survivor", "true")).Succeeded();
        Assert.NotEqual(holder, home.HolderPid);
        Assert.Equal(inode, home.Inode);
        (await home.RunAsync("rm", "-f", "survivor")).Succeeded();
        await run.WaitForExitAsync(TestContext.Current.CancellationToken).WaitAsync(TimeSpan.FromSeconds(10), TestContext.Current.CancellationToken);
    }

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public async Task Record_ThatIsForged_IsNotJoined(bool othersMayWrite)
    {
        Host.Requires(RootlessHome.Needs);
        await using RootlessHome home = await RootlessHome.MakeAsync();
        (await home.RunAsync("images")).Succeeded();
        string good = File.ReadAllText(home.Record);
        int holder = home.HolderPid;
        string boot = good.Split(' ')[3];
        string ownStart = File.ReadAllText("/proc/self/stat").Split(' ')[21];
        try
        {
            if (othersMayWrite)
            {
                File.SetUnixFileMode(home.Record, File.GetUnixFileMode(home.Record) | UnixFileMode.OtherWrite);
            }
            else
            {
                // A process of ours, but its namespace is the host's, which belongs to root.
                File.WriteAllText(home.Record, $"{Environment.ProcessId} {ownStart} {await InodeOfAsync(Environment.ProcessId)} {boot}");
            }

            (await home.RunAsync("images")).Succeeded();
            Assert.NotEqual(Environment.ProcessId, home.HolderPid);
            Assert.NotEqual(holder, home.HolderPid);
        }
        finally
        {
            await Command.RunAsync("kill", $"{holder}");
        }
    }

    [Theory]
    [InlineData("/")]
    [InlineData("/nowhere")]
    [InlineData(null)]
    public async Task RuntimeDirectory_OfAnotherUser_IsNotUsed(string? named)
    {
        Host.Requires(RootlessHome.Needs);
        await using RootlessHome home = await RootlessHome.MakeAsync();
        string lastResort = $"/tmp/crun-sharp-run-{(await Command.RunAsync("id", "-u")).Output.Trim()}";
        Assert.SkipWhen(Directory.Exists(lastResort), $"'{lastResort}' is in use");
        CommandOptions options = new() { Environment = new Dictionary<string, string?>(home.Environment) { ["XDG_RUNTIME_DIR"] = named } };
        try
        {
            (await Command.RunAsync(options, Host.Published("crun-sharp"), "images")).Succeeded();
            (await Command.RunAsync(options, Host.Published("crun-sharp"), "images")).Succeeded();
            Assert.False(File.Exists(home.Record));
        }
        finally
        {
            if (File.Exists($"{lastResort}/crun-sharp/namespace"))
            {
                await Command.RunAsync("kill", File.ReadAllText($"{lastResort}/crun-sharp/namespace").Split(' ')[0]);
                Directory.Delete(lastResort, recursive: true);
            }
        }
    }

    [Fact]
    public async Task RuntimeFace_OfTheEngine_NeverMakesANamespace()
    {
        Host.Requires(RootlessHome.Needs);
        await using RootlessHome home = await RootlessHome.MakeAsync();
        (await home.RunAsync("oci", "--version")).Succeeded();
        Assert.False(File.Exists(home.Record));
    }

    [Fact]
    public async Task Doctor_OfAnOrdinaryUser_LooksWithoutMakingAnything()
    {
        Host.Requires(RootlessHome.Needs);
        await using RootlessHome home = await RootlessHome.MakeAsync();
        CommandResult result = await home.RunAsync("doctor");
        Assert.Contains("subordinate ids", result.Output, StringComparison.Ordinal);
        Assert.Contains("overlay", result.Output, StringComparison.Ordinal);
        Assert.False(File.Exists(home.Record));
        Assert.Empty(Directory.EnumerateFileSystemEntries(home.DataDirectory));
    }

    // A process that is dying can still be joined, which is no harm; here it has to be gone, or a zombie.
    private static async Task EndAsync(int pid, string signal)
    {
        (await Command.RunAsync("kill", $"-{signal}", $"{pid}")).Succeeded();
        while ((await Command.RunAsync("ps", "-o", "stat=", "-p", $"{pid}")).Output.Trim() is { Length: > 0 } state && state[0] != 'Z')
        {
            await Task.Delay(20, TestContext.Current.CancellationToken);
        }
    }

    private static async Task<string> InodeOfAsync(int pid) =>
        (await Command.RunAsync("readlink", $"/proc/{pid}/ns/user")).Succeeded().Output.Trim()["user:[".Length..^1];
}
