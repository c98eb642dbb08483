using System.Diagnostics;
using CrunSharp.Testing;
using Xunit;

namespace CrunSharp.HostTests;

/// <summary>The tools of the tests themselves: an observer that sees nothing would make every test pass.</summary>
[Collection(nameof(Alone))]
public sealed class TestingTests
{
    [Fact]
    public async Task Snapshot_NothingHappened_IsEqual()
    {
        using TemporaryDirectory directory = new();
        directory.Write("kept", "x");
        await HostSnapshot.Take(directory).AssertUnchangedAsync();
    }

    [Fact]
    public async Task Snapshot_FileLeftBehind_NamesIt()
    {
        using TemporaryDirectory directory = new();
        HostSnapshot before = HostSnapshot.Take(directory);
        directory.Write("a/left", "x");
        Assert.Contains($"+ file {directory["a/left"]} of 1 bytes", before.Compare(HostSnapshot.Take(directory)));
        Exception failure = await Assert.ThrowsAnyAsync<Exception>(() => before.AssertUnchangedAsync(TimeSpan.Zero));
        Assert.Contains("left", failure.Message, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Snapshot_ProcessInNamespaceLeftBehind_NamesIt()
    {
        Host.Requires(Host.UserNamespaces);
        HostSnapshot before = HostSnapshot.Take();
        using Process process = Command.Start(new CommandOptions(), "unshare", "--user", "--map-root-user", "sleep", "60");
        try
        {
            while (!File.ReadAllText($"/proc/{process.Id}/cmdline").StartsWith("sleep", StringComparison.Ordinal))
            {
                await Task.Delay(5, TestContext.Current.CancellationToken);
            }

            Assert.Contains(before.Compare(HostSnapshot.Take()), difference => difference.StartsWith($"+ process {process.Id} ", StringComparison.Ordinal));
        }
        finally
        {
            process.Kill();
            await process.WaitForExitAsync(TestContext.Current.CancellationToken);
        }

        await before.AssertUnchangedAsync();
    }

    [Fact]
    public async Task Snapshot_LockHeld_NamesIt()
    {
        Host.Requires(Host.Command("flock", "util-linux"));
        using TemporaryDirectory directory = new();
        string file = directory.Write("lock", "");
        HostSnapshot before = HostSnapshot.Take(directory);
        using Process process = Command.Start(new CommandOptions(), "flock", file, "sh", "-c", "echo held; read line");
        Assert.Equal("held", await process.StandardOutput.ReadLineAsync(TestContext.Current.CancellationToken));
        Assert.Contains(before.Compare(HostSnapshot.Take(directory)), difference => difference.StartsWith("+ lock on ", StringComparison.Ordinal));
        process.StandardInput.Close();
        await process.WaitForExitAsync(TestContext.Current.CancellationToken);
        await before.AssertUnchangedAsync();
    }

    [Fact]
    public void Snapshot_CgroupLeftBehind_NamesIt()
    {
        Host.Requires(Host.Cgroup1);
        string cgroup = $"/sys/fs/cgroup/pids/crun-sharp-snapshot-{Environment.ProcessId}";
        HostSnapshot before = HostSnapshot.Take();
        Directory.CreateDirectory(cgroup);
        try
        {
            Assert.Contains($"+ cgroup {cgroup}", before.Compare(HostSnapshot.Take()));
        }
        finally
        {
            Directory.Delete(cgroup);
        }
    }

    [Fact]
    public async Task Command_DoesNotEnd_IsKilledAndSaysWhatItSaid()
    {
        CommandOptions options = new() { Limit = TimeSpan.FromMilliseconds(300) };
        TimeoutException failure = await Assert.ThrowsAsync<TimeoutException>(() => Command.RunAsync(options, "sh", "-c", "echo began; sleep 60"));
        Assert.Contains("began", failure.Message, StringComparison.Ordinal);
    }
}
