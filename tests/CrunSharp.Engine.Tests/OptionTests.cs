using CrunSharp.Bundles;
using CrunSharp.Oci;
using CrunSharp.Testing;
using Xunit;

namespace CrunSharp.Engine.Tests;

public sealed class OptionTests
{
    [Theory]
    [InlineData("0", 0)]
    [InlineData("512", 512)]
    [InlineData("512b", 512)]
    [InlineData("1k", 1024)]
    [InlineData("64m", 64L << 20)]
    [InlineData("64MB", 64L << 20)]
    [InlineData("1.5g", 3L << 29)]
    [InlineData("2GiB", 2L << 30)]
    public void Bytes_AsDockersUsersWriteThem_AreRead(string text, long bytes) =>
        Assert.Equal(bytes, Quantity.ParseBytes("-m", text));

    [Theory]
    [InlineData("")]
    [InlineData("m")]
    [InlineData("-1")]
    [InlineData("1x")]
    [InlineData("1 m m")]
    [InlineData("9999999999g")]
    [InlineData("0x10")]
    public void Bytes_ThatAreNoAmount_AreRefusedWithTheOptionNamed(string text)
    {
        CrunException failure = Assert.Throws<CrunException>(() => Quantity.ParseBytes("-m", text));
        Assert.Contains($"-m '{text}'", failure.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void Cpus_OfOneAndAHalf_AreBillionths() => Assert.Equal(1_500_000_000, Quantity.ParseCpus("--cpus", "1.5"));

    [Theory]
    [InlineData("0.0000000001")]
    [InlineData("-1")]
    [InlineData("one")]
    public void Cpus_ThatAreNone_AreRefused(string text) =>
        Assert.Throws<CrunException>(() => Quantity.ParseCpus("--cpus", text));

    [Theory]
    [InlineData("nofile=1024", "nofile", 1024, 1024)]
    [InlineData("NOFILE=1024:2048", "nofile", 1024, 2048)]
    [InlineData("core=0:-1", "core", 0, ulong.MaxValue)]
    public void Ulimit_WithOneOrTwoLimits_IsRead(string text, string name, ulong soft, ulong hard) =>
        Assert.Equal(new Ulimit(name, soft, hard), OptionText.ParseUlimit(text));

    [Theory]
    [InlineData("nofile")]
    [InlineData("=1")]
    [InlineData("nofile=2:1")]
    [InlineData("nofile=1:2:3")]
    [InlineData("nofile=x")]
    public void Ulimit_ThatIsNone_IsRefused(string text) =>
        Assert.Throws<CrunException>(() => OptionText.ParseUlimit(text));

    [Theory]
    [InlineData("/a:/b", "/a", "/b", "rbind,rprivate")]
    [InlineData("/a:/b:ro", "/a", "/b", "rbind,ro,rprivate")]
    [InlineData("/a:/b:z,ro,rslave", "/a", "/b", "rbind,ro,rslave")]
    [InlineData("data:/b:Z", "data", "/b", "rbind,rprivate")]
    [InlineData("/b", null, "/b", "rbind,rprivate")]
    public void Volume_WithItsParts_IsRead(string text, string? source, string destination, string options)
    {
        VolumeOption volume = VolumeOption.Parse(text);
        Assert.Equal((source, destination, options), (volume.Source, volume.Destination, string.Join(',', volume.Options)));
    }

    [Theory]
    [InlineData("/a:b")]
    [InlineData(":/b")]
    [InlineData("/a:/")]
    [InlineData("/a:/..")]
    [InlineData("/a:/b:rx")]
    [InlineData("/a:/b:ro:z")]
    public void Volume_ThatIsNone_IsRefused(string text) => Assert.Throws<CrunException>(() => VolumeOption.Parse(text));

    [Fact]
    public void Tmpfs_WithOptions_IsNotExecutableUnlessAskedFor()
    {
        Assert.Equal(["noexec", "nosuid", "nodev", "size=64m"], TmpfsOption.Parse("/t:size=64m").Options);
        Assert.Equal("exec", TmpfsOption.Parse("/t:exec").Options[^1]);
        Assert.Throws<CrunException>(() => TmpfsOption.Parse("/t:lowerdir=/etc"));
        Assert.Throws<CrunException>(() => TmpfsOption.Parse("t"));
    }

    [Theory]
    [InlineData("/dev/null", "/dev/null", "rwm")]
    [InlineData("/dev/null:/dev/hole", "/dev/hole", "rwm")]
    [InlineData("/dev/null:r", "/dev/null", "r")]
    [InlineData("/dev/null:/dev/hole:rw", "/dev/hole", "rw")]
    public void Device_WithItsParts_HasTheHostsNumbers(string text, string inside, string permissions)
    {
        DeviceMapping device = Assert.Single(OptionText.ParseDevice(text));
        Assert.Equal((inside, 'c', 1u, 3u, permissions), (device.ContainerPath, device.Type, device.Major, device.Minor, device.Permissions));
    }

    [Theory]
    [InlineData("/dev/null:x")]
    [InlineData("/etc/passwd")]
    [InlineData("/dev/there-is-none")]
    [InlineData("null")]
    public void Device_ThatIsNone_IsRefused(string text) => Assert.Throws<CrunException>(() => OptionText.ParseDevice(text));

    [Theory]
    [InlineData("9", 9)]
    [InlineData("KILL", 9)]
    [InlineData("sigterm", 15)]
    [InlineData("RTMIN+3", 37)]
    [InlineData("SIGRTMAX-1", 63)]
    public void Signal_ByNameOrNumber_IsFound(string text, int number) => Assert.Equal(number, SignalName.Parse(text));

    [Theory]
    [InlineData("0")]
    [InlineData("65")]
    [InlineData("-9")]
    [InlineData("FOO")]
    [InlineData("")]
    [InlineData("RTMIN+99")]
    public void Signal_ThatIsNone_IsRefused(string text) => Assert.Throws<CrunException>(() => SignalName.Parse(text));

    [Fact]
    public void EnvironmentFile_WithCommentsAndBlanks_GivesTheOthersAsTheyAre()
    {
        using TemporaryDirectory directory = new();
        string file = directory.Write("env", "# comment\n\nA=1 # no comment\nHOME\n  B=\"x\"\n");
        Assert.Equal(["A=1 # no comment", "HOME", "B=\"x\""], OptionText.ReadEnvironmentFile(file));
    }

    [Theory]
    [InlineData("A B=1")]
    [InlineData("=1")]
    public void EnvironmentFile_WithANameThatIsNone_SaysWhichLine(string line)
    {
        using TemporaryDirectory directory = new();
        string file = directory.Write("env", $"A=1\n{line}\n");
        Assert.Contains("line 2", Assert.Throws<CrunException>(() => OptionText.ReadEnvironmentFile(file)).Message, StringComparison.Ordinal);
    }

    [Fact]
    public void Security_WithSeveralOptions_TakesAll()
    {
        SecurityOptions security = SecurityOption.Parse(["seccomp=unconfined", "no-new-privileges"]);
        Assert.True(security is { SeccompUnconfined: true, NoNewPrivileges: true });
        Assert.Throws<CrunException>(() => SecurityOption.Parse(["seccomp=/there/is/none"]));
        Assert.Throws<CrunException>(() => SecurityOption.Parse(["privileged"]));
    }
}
