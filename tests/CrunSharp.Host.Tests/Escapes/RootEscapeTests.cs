using CrunSharp.Oci;
using CrunSharp.Testing;
using Mono.Unix.Native;
using Xunit;

namespace CrunSharp.HostTests.Escapes;

/// <summary>Root filesystems with links where the runtime makes, mounts or opens something.</summary>
[Collection(nameof(Alone))]
public sealed class RootEscapeTests
{
    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public void Cve2026_41579_DevThatIsALink_MakesNothingOnTheHost(bool withTmpfs)
    {
        Host.Requires(Host.Root, HostileBundle.Needs);
        using HostileBundle bundle = new();
        bundle.Link("/dev", bundle.Outside);
        _ = bundle.Run("true", spec => withTmpfs ? spec : spec with { Mounts = [spec.Mounts[0]] });
        bundle.AssertOutsideIsUntouched();

        bundle.Link("/dev", "../outside");
        _ = bundle.Run("true", spec => withTmpfs ? spec : spec with { Mounts = [spec.Mounts[0]] });
        bundle.AssertOutsideIsUntouched();
    }

    [Theory]
    [InlineData("/tmp")]
    [InlineData("/proc/sys")]
    public void Cve2023_27561_ProcThatIsALink_IsRefused(string target)
    {
        Host.Requires(Host.Root, HostileBundle.Needs);
        using HostileBundle bundle = new();
        bundle.Link("/proc", target);
        Assert.NotNull(bundle.Run("true").Refusal);
    }

    [Fact]
    public void Cve2025_31133_ForgedNull_DoesNotBecomeTheMask()
    {
        Host.Requires(Host.Root, HostileBundle.Needs);
        string before = File.ReadAllText("/proc/sys/kernel/core_pattern");
        using HostileBundle bundle = new();
        bundle.Link("/dev/null", "/proc/sys/kernel/core_pattern");
        Outcome outcome = bundle.Run("echo '|/evil' > /proc/timer_list; echo '|/evil' > /dev/null", spec => spec with
        {
            Mounts = [spec.Mounts[0]],
            Linux = spec.Linux with { MaskedPaths = ["/proc/timer_list"], ReadonlyPaths = ["/proc/sys"] },
        });
        Assert.Equal(before, File.ReadAllText("/proc/sys/kernel/core_pattern"));
        Assert.True(outcome.Refusal is not null || outcome.Code != 0 || !outcome.Output.Contains("core", StringComparison.Ordinal), $"{outcome}");
    }

    [Theory]
    [InlineData("/dev/null")]
    [InlineData("/dev/console")]
    public void Cve2026_88264_DeviceThatIsALink_LeavesTheHostsFileAlone(string device)
    {
        Host.Requires(Host.Root, HostileBundle.Needs);
        using HostileBundle bundle = new();
        UnixFileMode mode = File.GetUnixFileMode(bundle.Victim);
        bundle.Link(device, bundle.Victim);
        _ = bundle.Run("echo x > /dev/null", spec => spec with
        {
            Mounts = [spec.Mounts[0], new Mount { Destination = "/dev/pts", Type = "devpts", Options = ["newinstance", "ptmxmode=0666"] }],
            Process = spec.Process! with { Terminal = device == "/dev/console", User = new User { Uid = 1000 } },
        });
        bundle.AssertOutsideIsUntouched();
        Assert.Equal(mode, File.GetUnixFileMode(bundle.Victim));
        Assert.Equal(0u, FileOwner(bundle.Victim));
    }

    [Theory]
    [InlineData("tmpfs")]
    [InlineData("bind")]
    public void Cve2019_18837_MountTargetBehindALink_IsMadeInTheRoot(string type)
    {
        Host.Requires(Host.Root, HostileBundle.Needs);
        using HostileBundle bundle = new();
        bundle.Link("/data", bundle.Outside);
        Outcome outcome = bundle.Run("mount | grep -c made", spec => spec with
        {
            Mounts = [.. spec.Mounts, new Mount { Destination = "/data/made/here", Type = type, Source = "/etc", Options = type == "bind" ? ["bind"] : [] }],
        });
        bundle.AssertOutsideIsUntouched();

        // Inside the root the link's target is just another path.
        Assert.True(outcome.Refusal is not null || outcome.Output == "1\n", $"{outcome}");
    }

    [Fact]
    public void Cve2026_55686_WorkingDirectoryBehindALink_IsMadeInTheRoot()
    {
        Host.Requires(Host.Root, HostileBundle.Needs);
        using HostileBundle bundle = new();
        bundle.Link("/work", bundle.Outside);
        _ = bundle.Run("pwd", spec => spec with { Process = spec.Process! with { Cwd = "/work/made" } });
        bundle.AssertOutsideIsUntouched();
    }

    [Fact]
    public void Cve2024_21626_WorkingDirectoryThroughADescriptor_DoesNotLeadOut()
    {
        Host.Requires(Host.Root, HostileBundle.Needs);
        using HostileBundle bundle = new();
        for (int descriptor = 3; descriptor <= 20; descriptor++)
        {
            Outcome outcome = bundle.Run("pwd", spec => spec with { Process = spec.Process! with { Cwd = $"/proc/self/fd/{descriptor}" } });
            Assert.NotNull(outcome.Refusal);
        }
    }

    [Fact]
    public void Cve2024_21626_Descriptors_AreThoseThatWereGivenAlone()
    {
        Host.Requires(Host.Root, HostileBundle.Needs);
        using HostileBundle bundle = new();

        // No pipe: the shell would hold its ends meanwhile.
        Assert.Equal("0\n1\n2\n", bundle.Run("cd /proc/$$/fd; for n in 0 1 2 3 4 5 6 7 8 9; do test -e $n -o -L $n && echo $n; done; true").Output);
    }

    [Fact]
    public void Cve2024_5154_PasswdThatIsAFifo_DoesNotHoldTheLaunch()
    {
        Host.Requires(Host.Root, HostileBundle.Needs);
        using HostileBundle bundle = new();
        Directory.CreateDirectory(bundle.InRoot("/etc"));
        Command.Run("mkfifo", bundle.InRoot("/etc/passwd")).Succeeded();
        Assert.Equal("/\n", bundle.Run("echo $HOME").Output);
    }

    [Fact]
    public async Task Cve2021_30465_TargetSwappedForALinkMeanwhile_NothingIsMountedOutside()
    {
        Host.Requires(Host.Root, HostileBundle.Needs);
        using HostileBundle bundle = new();
        string volume = Path.Combine(bundle.Location, "volume");
        Directory.CreateDirectory(Path.Combine(volume, "target"));
        File.CreateSymbolicLink(Path.Combine(volume, "link"), bundle.Outside);
        using CancellationTokenSource enough = new();

        // Another container with the same volume, which does nothing but this.
        Task attacker = Task.Run(() =>
        {
            string target = Path.Combine(volume, "target"), link = Path.Combine(volume, "link"), aside = Path.Combine(volume, "aside");
            while (!enough.IsCancellationRequested)
            {
                // Each may fail where the stage has just made a directory there: the next round is another try.
                _ = Stdlib.rename(target, aside);
                _ = Stdlib.rename(link, target);
                _ = Stdlib.rename(target, link);
                _ = Stdlib.rename(aside, target);
            }
        }, TestContext.Current.CancellationToken);
        for (int attempt = 0; attempt < 30; attempt++)
        {
            _ = bundle.Run("touch /volume/target/inside/made", spec => spec with
            {
                Mounts =
                [
                    .. spec.Mounts,
                    new Mount { Destination = "/volume", Type = "bind", Source = volume, Options = ["rbind"] },
                    new Mount { Destination = "/volume/target/inside", Type = "tmpfs", Source = "tmpfs" },
                ],
            });
        }

        await enough.CancelAsync();
        await attacker;
        bundle.AssertOutsideIsUntouched();
    }

    [Fact]
    public void Cve2025_52881_MountOverProcSys_DoesNotCatchASysctl()
    {
        Host.Requires(Host.Root, HostileBundle.Needs);
        using HostileBundle bundle = new();
        Directory.CreateDirectory(Path.Combine(bundle.Outside, "net"));
        Outcome outcome = bundle.Run("true", spec => spec with
        {
            Mounts = [.. spec.Mounts, new Mount { Destination = "/proc/sys", Type = "bind", Source = bundle.Outside, Options = ["rbind"] }],
            Linux = spec.Linux with { Sysctl = new Dictionary<string, string> { ["net.victim"] = "written" } },
        });
        Directory.Delete(Path.Combine(bundle.Outside, "net"));
        Assert.Contains("inside /proc", outcome.Refusal, StringComparison.Ordinal);
        bundle.AssertOutsideIsUntouched();
    }

    [Theory]
    [InlineData("/dev/stdout")]
    [InlineData("/dev/fd")]
    [InlineData("/dev/ptmx")]
    [InlineData("/dev/core")]
    public void Cve2015_3627_LinkInPlaceOfOurOwn_LeadsNowhereElse(string path)
    {
        Host.Requires(Host.Root, HostileBundle.Needs);
        using HostileBundle bundle = new();
        bundle.Link(path, bundle.Victim);
        _ = bundle.Run("echo x > /dev/stdout; echo x > /dev/ptmx", spec => spec with { Mounts = [spec.Mounts[0]] });
        bundle.AssertOutsideIsUntouched();
    }

    [Fact]
    public void Cve2019_16884_LabelWhileProcIsForged_IsRefused()
    {
        Host.Requires(Host.Root, HostileBundle.Needs);
        using HostileBundle bundle = new();
        Directory.CreateDirectory(Path.Combine(bundle.Outside, "self"));
        Outcome outcome = bundle.Run("echo ran", spec => spec with
        {
            Mounts = [new Mount { Destination = "/proc", Type = "bind", Source = bundle.Outside, Options = ["rbind"] }, .. spec.Mounts.Skip(1)],
            Process = spec.Process! with { ApparmorProfile = "unconfined-by-a-forged-file" },
        });
        Directory.Delete(Path.Combine(bundle.Outside, "self"));
        Assert.NotNull(outcome.Refusal);
        Assert.Equal("", outcome.Output);
        bundle.AssertOutsideIsUntouched();
    }

    private static uint FileOwner(string path) => uint.Parse(Command.Run("stat", "-c", "%u", path).Succeeded().Output, System.Globalization.CultureInfo.InvariantCulture);
}
