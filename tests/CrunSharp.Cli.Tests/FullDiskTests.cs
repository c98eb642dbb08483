using System.Formats.Tar;
using CrunSharp.Testing;
using Xunit;

namespace CrunSharp.CliTests;

/// <summary>A store whose disk is full: a message that says so and what helps, nothing left, and all is well once there is room.</summary>
[Collection(nameof(Alone))]
public sealed class FullDiskTests : IAsyncLifetime
{
    private const int Megabyte = 1 << 20;
    private readonly TestImages _images;
    private readonly SmallDisk _disk;
    private readonly Installation _own;

    public FullDiskTests(TestImages images)
    {
        Host.Requires(SmallDisk.Available);
        _images = images;
        _disk = new SmallDisk();
        _own = new Installation(images, _disk.Root);
    }

    public async ValueTask InitializeAsync() =>
        await _images.PushAsync("library/small", [Archive([.. Enumerable.Range(0, 40).Select(static number => ($"small/{number}", TestImage.Noise(8000, number)))])], static _ => { });

    public async ValueTask DisposeAsync()
    {
        await _own.DisposeAsync();
        _disk.Dispose();
    }

    // One name whose content is replaced again and again: far more comes over the line than is ever unpacked.
    [Fact]
    public async Task Pull_WhereTheBlobsFillTheDisk_SaysSoAndLeavesNothing()
    {
        await _images.PushAsync("library/blobs", [Archive([.. Enumerable.Range(0, 12).Select(static number => ("same", TestImage.Noise(Megabyte, number)))])], static _ => { });
        await AssertFullAsync("blobs", free: 6 * Megabyte);
        await AssertWorksOnceThereIsRoomAsync("blobs", "same");
    }

    [Fact]
    public async Task Pull_WhereTheUnpackedFilesFillTheDisk_SaysSoAndLeavesNothing()
    {
        byte[] text = [.. Enumerable.Repeat("nothing new, "u8.ToArray(), Megabyte / 13).SelectMany(static word => word)];
        await _images.PushAsync("library/unpacked", [Archive([.. Enumerable.Range(0, 12).Select(number => ($"file-{number}", text))])], static _ => { });
        await AssertFullAsync("unpacked", free: 8 * Megabyte);
        await AssertWorksOnceThereIsRoomAsync("unpacked", "file-11");
    }

    [Fact]
    public async Task Pull_WhereThereAreNoInodesLeft_SaysSoAndLeavesNothing()
    {
        await _images.PushAsync("library/many", [Archive([.. Enumerable.Range(0, 2000).Select(static number => ($"many/{number}", Array.Empty<byte>()))])], static _ => { });
        await AssertFullAsync("many", free: 8 * Megabyte);
        Assert.Equal("still works\n", _own.Run("run", "--rm", "--network", "none", "alpine", "echo", "still works").Output);
    }

    // Wherever it is full, be it at the record that is written last.
    [Fact]
    public async Task Pull_WhereverTheDiskIsFull_SaysSoAndLeavesNothing()
    {
        HostSnapshot host = _own.Snapshot();
        string[] before = Files();
        int refused = 0;
        for (int free = 0; ; free += 36 * 1024)
        {
            _disk.Fill(free);
            CommandResult result = _own.Run("pull", "-q", "small");
            if (result.ExitCode == 0)
            {
                break;
            }

            AssertFull(result);
            Assert.Equal(before, Files());
            refused++;
        }

        _own.Run("rmi", "small").Succeeded();
        _disk.MakeRoom();
        await host.AssertUnchangedAsync();
        _own.Run("pull", "-q", "small").Succeeded();

        Assert.InRange(refused, 10, 40);
        Assert.Equal("8000\n", _own.Run("run", "--rm", "--pull", "never", "--network", "none", "small", "sh", "-c", "wc -c </small/39").Output);
    }

    [Fact]
    public async Task Pull_WhereTheUsersQuotaIsUsedUp_SaysSoAndLeavesNothing()
    {
        Host.Requires(TestEngine.HasPayload);
        HostSnapshot before = _own.Snapshot();
        CommandResult result = await Command.RunAsync(
            new CommandOptions { Environment = _own.Environment },
            TestEngine.Payload, "without", "quota", Host.Published("crun-sharp"), "--root", _own.Root, "--runroot", _own.RunRoot, "pull", "-q", "small");
        AssertFull(result, "Disk quota exceeded");
        await before.AssertUnchangedAsync();
        _own.Run("pull", "-q", "small").Succeeded();
    }

    [Fact]
    public async Task Run_OnAFullDisk_SaysSoAndLeavesNothing()
    {
        HostSnapshot before = _own.Snapshot();
        for (int free = 0; free < 40 * 1024; free += 4096)
        {
            _disk.Fill(free);
            CommandResult result = _own.Run("run", "--rm", "--network", "none", "alpine", "echo", "ran");
            if (result.ExitCode != 0)
            {
                AssertFull(result);
            }

            await before.AssertUnchangedAsync();
        }

        _disk.MakeRoom();
        Assert.Equal("ran\n", _own.Run("run", "--rm", "--network", "none", "alpine", "echo", "ran").Output);
    }

    [Fact]
    public void Removal_OnAFullDisk_MakesRoom()
    {
        _own.Run("pull", "-q", "small").Succeeded();
        _own.Run("run", "--name", "ended", "--network", "none", "alpine", "true").Succeeded();
        _disk.Fill(0);
        _own.Run("rm", "ended").Succeeded();
        _own.Run("rmi", "small").Succeeded();
        _own.Run("pull", "-q", "small").Succeeded();
    }

    private string[] Files() => [.. Directory.GetFileSystemEntries(_own.Root, "*", SearchOption.AllDirectories).Order(StringComparer.Ordinal)];

    private async Task AssertFullAsync(string image, long free)
    {
        HostSnapshot before = _own.Snapshot();
        _disk.Fill(free);
        AssertFull(_own.Run("run", "--rm", "-q", "--network", "none", image, "true"));
        await before.AssertUnchangedAsync();
    }

    private async Task AssertWorksOnceThereIsRoomAsync(string image, string file)
    {
        _disk.MakeRoom();
        CommandResult result = await _own.RunAsync(null, "run", "--rm", "-q", "--network", "none", image, "ls", $"/{file}");
        Assert.Equal($"/{file}\n", result.Succeeded().Output);
    }

    private static void AssertFull(CommandResult result, string why = "No space left on device")
    {
        Assert.Equal((125, ""), (result.ExitCode, result.Output));
        string[] lines = result.Error.TrimEnd('\n').Split('\n');
        string message = Assert.Single(lines, static line => line.StartsWith("crun-sharp: ", StringComparison.Ordinal));
        Assert.Matches($"^crun-sharp: cannot .+: {why}$", message);
        Assert.Equal(["  remove images that are not needed: crun-sharp rmi IMAGE", "  or make room on the file system"], lines[^2..]);
    }

    private static byte[] Archive(params (string Path, byte[] Content)[] files)
    {
        using MemoryStream archive = new();
        using (TarWriter writer = new(archive, leaveOpen: true))
        {
            foreach ((string path, byte[] content) in files)
            {
                writer.WriteEntry(new PaxTarEntry(TarEntryType.RegularFile, path) { DataStream = new MemoryStream(content) });
            }
        }

        return archive.ToArray();
    }
}
