using CrunSharp.Testing;
using Xunit;

namespace CrunSharp.CliTests;

/// <summary>An ordinary user whose store lies on an overlay, above which the kernel makes no other.</summary>
[Collection(nameof(Alone))]
public sealed class RootlessFallbackTests : IAsyncDisposable
{
    private const string Variable = "CRUN_SHARP_OVERLAY_DISK";
    private static readonly string s_disk = Environment.GetEnvironmentVariable(Variable) ?? "";
    private readonly TestImages _images;
    private readonly TemporaryDirectory _store;
    private Installation _own;

    public RootlessFallbackTests(TestImages images)
    {
        _images = images;
        Host.Requires(
            Host.OrdinaryUser,
            Host.Command("fuse-overlayfs"),
            new Need("overlaydisk", static () => Directory.Exists(s_disk) ? null : $"{Variable} names no disk that is an overlay: start make host-test as root"),
            new Need("fuse", static () => File.Exists("/dev/fuse") ? null : "modprobe fuse"));
        _store = new TemporaryDirectory(s_disk, "store-");
        _own = new Installation(images, _store["root"]);
    }

    public async ValueTask DisposeAsync()
    {
        await _own.DisposeAsync();
        await _store.DisposeAsync();
    }

    [Fact]
    public async Task Run_OnFuse_WritesAndRemovesAllTheSame()
    {
        HostSnapshot before = _own.Snapshot();
        CommandResult result = Run();
        Assert.Contains(" - fuse ", result.Output, StringComparison.Ordinal);
        Assert.Contains("\nnew\n/bin/busybox\n", result.Output, StringComparison.Ordinal);
        await before.AssertUnchangedAsync();
    }

    // fuse-overlayfs has no way to name a directory with a comma.
    [Fact]
    public async Task Run_OnACopy_WritesAndRemovesAllTheSame()
    {
        await _own.DisposeAsync();
        _own = new Installation(_images, _store["with,comma"]);
        HostSnapshot before = _own.Snapshot();
        CommandResult result = Run();
        Assert.DoesNotContain(" - fuse ", result.Output, StringComparison.Ordinal);
        Assert.EndsWith("new\n/bin/busybox\n", result.Output, StringComparison.Ordinal);
        Assert.Equal("every container gets a copy of its image, which takes time and room", await File.ReadAllTextAsync($"{_own.RunRoot}/root-told", TestContext.Current.CancellationToken));
        await before.AssertUnchangedAsync();
    }

    [Fact]
    public void Container_OnFuse_IsEnteredKeptAndRemoved()
    {
        Assert.Equal(3, _own.Run("run", "--name", "kept", "--network", "none", "alpine", "sh", "-c", "echo text > /written; exit 3").ExitCode);
        Assert.Single(Directory.GetFiles($"{_own.Root}/containers", "written", new EnumerationOptions { RecurseSubdirectories = true, IgnoreInaccessible = true }));
        _own.Run("rm", "kept").Succeeded();
        Assert.Empty(Directory.GetDirectories($"{_own.Root}/containers"));
    }

    private CommandResult Run()
    {
        CommandResult result = _own.Run(
            "run", "--rm", "--network", "none", "alpine", "sh", "-c",
            "grep ' / / ' /proc/self/mountinfo; rm /etc/passwd; echo new > /etc/group; cat /etc/group /etc/passwd; ls -d /bin/busybox");
        Assert.Contains("No such file", result.Error, StringComparison.Ordinal);
        return result;
    }
}
