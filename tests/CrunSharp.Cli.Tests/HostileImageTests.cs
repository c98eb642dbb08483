using System.Diagnostics;
using System.Formats.Tar;
using System.Text.Json.Nodes;
using CrunSharp.Testing;
using Xunit;

namespace CrunSharp.CliTests;

/// <summary>Images and options that try to make the engine read, write or allow what belongs to the host.</summary>
public sealed class HostileImageTests(TestImages images) : IAsyncDisposable
{
    private readonly Installation _own = new(images);

    public ValueTask DisposeAsync() => _own.DisposeAsync();

    [Fact]
    public async Task Cve2016_3697_NameThatIsANumber_StaysTheNumber()
    {
        RequireManyIds();
        await PushAsync("number", [File("etc/passwd", "1000:x:0:0::/:/bin/sh\n")]);
        Assert.Equal("1000\n", Run("-u", "1000", "number", "id", "-u").Output);
        Assert.Equal("1000\n", Run("-u", "1000:1000", "number", "id", "-u").Output);
    }

    [Theory]
    [InlineData("4294967296")]
    [InlineData("2147483648")]
    [InlineData("-1")]
    [InlineData("0x0")]
    public async Task Cve2024_40635_UserOfAnImageThatWouldWrapRound_RunsNothing(string user)
    {
        await PushAsync("wraps", [], config => config["User"] = user);
        CommandResult result = Run("wraps", "id", "-u");
        Assert.Equal((125, ""), (result.ExitCode, result.Output));
    }

    [Fact]
    public async Task Cve2022_36109_GroupsOfTheUser_AreTheImagesAndNoneOfTheHosts()
    {
        RequireManyIds();
        await PushAsync("groups", [File("etc/passwd", "x:x:5:6::/:/bin/sh\n"), File("etc/group", "six:x:6:\nextra:x:99:x\nother:x:98:y\n")], config => config["User"] = "x");
        Assert.Equal("6 99\n", Run("groups", "id", "-G").Output);
    }

    [Theory]
    [InlineData("etc/passwd")]
    [InlineData("etc/group")]
    public async Task Cve2026_79699_UsersThatAreALinkToTheHost_AreNotRead(string path)
    {
        string outside = _own.Scratch.Write("outside/users", "evil:x:0:0::/:/bin/sh\n");
        await PushAsync("linkedusers", [Link(path, outside)]);
        CommandResult result = Run("-u", path == "etc/passwd" ? "evil" : "0:evil", "linkedusers", "id");
        Assert.Equal((125, ""), (result.ExitCode, result.Output));
    }

    [Theory]
    [InlineData("etc/resolv.conf")]
    [InlineData("etc/hosts")]
    [InlineData("etc/hostname")]
    [InlineData("etc/mtab")]
    public async Task Cve2024_5154_FilesOfEtcThatAreLinksOrFifos_ChangeNothingOfTheHost(string path)
    {
        string victim = _own.Scratch.Write("outside/victim", "untouched");
        await PushAsync("links", [Link(path, victim)]);
        await PushAsync("fifos", [new PaxTarEntry(TarEntryType.Fifo, path)]);
        _ = Run("links", "sh", "-c", $"echo written > /{path}");
        Assert.Equal("untouched", System.IO.File.ReadAllText(victim));
        Assert.Equal([victim], Directory.GetFileSystemEntries(_own.Scratch["outside"]));

        // A FIFO that is opened to be read waits for ever.
        Assert.Equal("ran\n", Run("fifos", "echo", "ran").Output);
    }

    [Fact]
    public async Task Cve2022_23648_VolumeThatLeadsToTheHost_BringsNothingOfIt()
    {
        string secret = _own.Scratch.Write("outside/secret", "of the host");
        string outside = Path.GetDirectoryName(secret)!;
        await PushAsync(
            "volumes",
            [Link("escape", outside), Link("climb", $"../../../../../..{outside}")],
            config => config["Volumes"] = new JsonObject { ["/escape"] = new JsonObject(), ["/climb"] = new JsonObject(), [$"/../..{outside}"] = new JsonObject() });
        CommandResult result = Run("volumes", "sh", "-c", $"ls -A /escape /climb {outside}; echo evil > /escape/new; echo evil > /climb/secret");
        Assert.DoesNotContain("secret", result.Output, StringComparison.Ordinal);
        Assert.Equal("of the host", System.IO.File.ReadAllText(secret));
        Assert.Equal([secret], Directory.GetFileSystemEntries(outside));
    }

    [Fact]
    public async Task Cve2026_53488_LabelsOfAnImage_ReachNoConfiguration()
    {
        await PushAsync("labels", [], config => config["Labels"] = new JsonObject
        {
            ["run.oci.hooks.stdout"] = "/label-that-leaked",
            ["io.containerd.x"] = "label-that-leaked",
            ["org.systemd.property.ExecStopPost"] = "label-that-leaked",
        });
        using Process running = await _own.StartAsync("labelled", "--network", "none", "labels", "sleep", "60");
        string[] configurations = [.. Directory.GetFiles(_own.RunRoot, "state.json", SearchOption.AllDirectories)];
        Assert.NotEmpty(configurations);
        Assert.All(configurations, static path => Assert.DoesNotContain("label-that-leaked", System.IO.File.ReadAllText(path), StringComparison.Ordinal));
        _own.Run("rm", "-f", "labelled").Succeeded();
    }

    [Theory]
    [InlineData("none", "kernel.core_pattern=|/evil")]
    [InlineData("none", "vm.overcommit_memory=2")]
    [InlineData("none", "kernel.shm_rmid_forced=1+kernel.core_pattern=|/evil")]
    [InlineData("host", "net.ipv4.ip_forward=1")]
    public void Cve2022_0811_SysctlBeyondTheContainer_IsRefusedAndTheHostsIsAsBefore(string network, string sysctl)
    {
        string[] files = ["/proc/sys/kernel/core_pattern", "/proc/sys/vm/overcommit_memory", "/proc/sys/net/ipv4/ip_forward"];
        string[] before = [.. files.Select(System.IO.File.ReadAllText)];
        CommandResult result = _own.Run("run", "--rm", "--network", network, "--sysctl", sysctl, "alpine", "echo", "ran");
        Assert.Equal((125, ""), (result.ExitCode, result.Output));
        Assert.Equal(before, files.Select(System.IO.File.ReadAllText));
    }

    [Theory]
    [InlineData("HOME=/x\nroot2::0:0::/:/bin/sh")]
    [InlineData("HOME=/x\u0001")]
    public void Cve2022_4318_HomeThatWouldWriteIntoPasswd_RunsNothing(string variable)
    {
        CommandResult result = Run("-e", variable, "alpine", "cat", "/etc/passwd");
        Assert.Equal((125, ""), (result.ExitCode, result.Output));
    }

    [Fact]
    public async Task Cve2026_57231_VariablesOfAnImageWithoutAValue_TakeNothingOfTheHost()
    {
        await PushAsync("asks", [], config => config["Env"] = new JsonArray("*", "SECRET", "=SECRET", "PATH=/bin:/usr/bin", "KEPT=1"));
        _own.Environment["SECRET"] = "of-the-host";
        string output = Run("asks", "env").Succeeded().Output;
        Assert.Contains("KEPT=1\n", output, StringComparison.Ordinal);
        Assert.DoesNotContain("SECRET", output, StringComparison.Ordinal);
        Assert.DoesNotContain("of-the-host", output, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Cve2020_14370_VariablesOfOneContainer_AreNotInAnother()
    {
        using Process first = await _own.StartAsync("first", "--network", "none", "-e", "SECRET=of-the-first", "alpine", "sleep", "60");
        Assert.DoesNotContain("SECRET", Run("alpine", "env").Succeeded().Output, StringComparison.Ordinal);
        _own.Run("rm", "-f", "first").Succeeded();
    }

    [Fact]
    public async Task Cve2020_15257_ContainerOnTheHostsNetwork_FindsNoAbstractSocketOfOurs()
    {
        HashSet<string> before = AbstractSockets(System.IO.File.ReadAllText("/proc/net/unix"));
        using Process running = await _own.StartAsync("abstract", "-i", "--network", "host", "alpine", "sleep", "60");
        HashSet<string> inside = AbstractSockets(_own.Run("exec", "abstract", "cat", "/proc/net/unix").Succeeded().Output);
        inside.ExceptWith(before);
        Assert.DoesNotContain(inside, static name => name.Contains("crun", StringComparison.OrdinalIgnoreCase) || name.Contains("monitor", StringComparison.Ordinal) || name.Contains("abstract", StringComparison.Ordinal));
        _own.Run("rm", "-f", "abstract").Succeeded();
    }

    [Fact]
    public async Task Cve2021_41091_StoreWhileAContainerRuns_IsItsOwnersOnly()
    {
        using Process running = await _own.StartAsync("store", "--network", "none", "alpine", "sleep", "60");
        Assert.All([_own.Root, _own.RunRoot], static directory => Assert.Equal(UnixFileMode.UserRead | UnixFileMode.UserWrite | UnixFileMode.UserExecute, System.IO.File.GetUnixFileMode(directory)));
        _own.Run("rm", "-f", "store").Succeeded();
    }

    [Fact]
    public async Task Cve2022_31030_OutputWithoutAnEnd_TakesNoMemoryOfTheMonitor()
    {
        using Process running = await _own.StartAsync("endless", "--network", "none", "alpine", "yes");
        byte[] buffer = new byte[1 << 20];
        for (int megabytes = 0; megabytes < 32; megabytes++)
        {
            await running.StandardOutput.BaseStream.ReadExactlyAsync(buffer, TestContext.Current.CancellationToken);
        }

        string peak = System.IO.File.ReadLines($"/proc/{running.Id}/status").Single(static line => line.StartsWith("VmHWM:", StringComparison.Ordinal));
        int kilobytes = int.Parse(peak.Split(' ', StringSplitOptions.RemoveEmptyEntries)[^2].Replace("VmHWM:", "", StringComparison.Ordinal), System.Globalization.CultureInfo.InvariantCulture);
        Assert.InRange(kilobytes, 1, 16 * 1024);
        _own.Run("rm", "-f", "endless").Succeeded();
    }

    // Each archive as a layer above busybox: pulled, run and removed, with nothing of the host changed and nothing of the layers below hidden.
    [Fact]
    public async Task Own_SameUnpacker_EveryHostileLayerOfAPulledImage_LeavesTheHostAlone()
    {
        string victim = _own.Scratch.Write("outside/file", "of the host");
        string outside = Path.GetDirectoryName(victim)!;
        System.IO.File.SetUnixFileMode(outside, UnixFileMode.UserRead | UnixFileMode.UserWrite | UnixFileMode.UserExecute);
        (UnixFileMode, DateTime, DateTime) before = Describe();
        int ran = 0;
        foreach (string attack in HostileArchives.Names)
        {
            await images.PushAsync("library/attack", [HostileArchives.Make(attack, outside)], static _ => { });
            CommandResult result = Run("attack", "echo", "ran");
            Assert.True((result.ExitCode, result.Output) is (0, "ran\n") or (125, ""), $"{attack}: {result.ExitCode} {result.Output}{result.Error}");
            Assert.Equal("of the host", System.IO.File.ReadAllText(victim));
            Assert.Equal([victim], Directory.GetFileSystemEntries(outside));
            Assert.Equal(before, Describe());
            ran += result.ExitCode == 0 ? 1 : 0;
        }

        Assert.InRange(ran, 10, HostileArchives.Names.Count);

        (UnixFileMode, DateTime, DateTime) Describe() =>
            (System.IO.File.GetUnixFileMode(outside), Directory.GetLastWriteTimeUtc(outside), System.IO.File.GetLastWriteTimeUtc(victim));
    }

    // Names of sockets that live in the network namespace and not in a directory: the last column begins with '@'.
    private static HashSet<string> AbstractSockets(string table) =>
        [.. table.Split('\n').Select(static line => line.Split(' ')[^1]).Where(static name => name.StartsWith('@'))];

    private static PaxTarEntry File(string path, string content) => new(TarEntryType.RegularFile, path) { DataStream = new MemoryStream(System.Text.Encoding.UTF8.GetBytes(content)) };

    private static PaxTarEntry Link(string path, string target) => new(TarEntryType.SymbolicLink, path) { LinkName = target };

    private static void RequireManyIds()
    {
        if (!Environment.IsPrivilegedProcess)
        {
            Host.Requires(Host.SubordinateIds);
        }
    }

    private async Task PushAsync(string name, PaxTarEntry[] entries, Action<JsonNode>? change = null)
    {
        using MemoryStream archive = new();
        await using (TarWriter writer = new(archive, leaveOpen: true))
        {
            foreach (PaxTarEntry entry in entries)
            {
                await writer.WriteEntryAsync(entry);
            }
        }

        await images.PushAsync($"library/{name}", [archive.ToArray()], config => change?.Invoke(config["config"]!));
    }

    private CommandResult Run(params string[] arguments) => _own.Run(["run", "--rm", "--pull", "always", "-q", "--network", "none", .. arguments]);
}
