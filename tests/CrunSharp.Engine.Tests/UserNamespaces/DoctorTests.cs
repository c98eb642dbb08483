using CrunSharp.Testing;
using Xunit;

namespace CrunSharp.Engine.Tests;

public sealed class DoctorTests
{
    [Theory]
    [InlineData("6.18.44-custom\n", false, Health.Fine)]
    [InlineData("5.10.0-28-amd64\n", false, Health.Limited)]
    [InlineData("5.10.0-28-amd64\n", true, Health.Fine)]
    [InlineData("4.19.0\n", true, Health.Missing)]
    public void Kernel_ByItsVersion_IsJudged(string release, bool root, Health health) => Assert.Equal(health, Doctor.Kernel(release, root).Health);

    [Fact]
    public void Doctor_WithoutOverlay_NamesWhatStandsInAndTheCommandForBetter()
    {
        Finding served = Doctor.WithoutOverlay("refused", isNoModule: true, fuse: null);
        Assert.Equal((Health.Limited, "sudo modprobe overlay"), (served.Health, served.Mend));
        Assert.Contains("fuse-overlayfs stands in", served.Seen, StringComparison.Ordinal);

        Finding copied = Doctor.WithoutOverlay("refused", isNoModule: false, ("'fuse-overlayfs' is not installed", "sudo apt-get install fuse-overlayfs"));
        Assert.Equal("sudo apt-get install fuse-overlayfs", copied.Mend);
        Assert.Contains("copies its image", copied.Costs, StringComparison.Ordinal);
    }

    [Fact]
    public void Proc_HiddenInPart_CostsOrdinaryUsersTheirOwn()
    {
        const string MountInfo = "25 1 0:24 / /proc rw - proc proc rw\n30 25 0:24 /kcore /proc/kcore rw - tmpfs tmpfs rw\n31 25 0:30 / /proc/sys/fs/binfmt_misc rw - binfmt_misc none rw\n";
        Finding finding = Doctor.Proc(MountInfo, root: false);
        Assert.Equal(Health.Missing, finding.Health);
        Assert.Equal("sudo umount /proc/kcore", finding.Mend);
        Assert.Equal(Health.Fine, Doctor.Proc(MountInfo, root: true).Health);
    }

    [Theory]
    [InlineData("", Health.Fine)]
    [InlineData("1\n", Health.Fine)]
    [InlineData("2\n", Health.Limited)]
    public void MemoryFiles_ThatMayNotBeExecuted_AreALimit(string setting, Health health) => Assert.Equal(health, Doctor.ExecutableMemory(setting).Health);

    [Fact]
    public void Cgroups_DelegatedInPart_NameWhatIsMissing()
    {
        using TemporaryDirectory hierarchy = new();
        hierarchy.Write("user.slice/user-1001.slice/user@1001.service/cgroup.controllers", "memory pids\n");
        Finding finding = Doctor.Version2OfUser("0::/user.slice/user-1001.slice/user@1001.service/app.slice/shell.scope\n", hierarchy);
        Assert.Equal(Health.Limited, finding.Health);
        Assert.Equal("no limits of cpu", finding.Costs);
    }

    [Fact]
    public void Cgroups_OfVersion1_AreRootsAlone()
    {
        Assert.Equal(Health.Fine, Doctor.Version1(["cpu", "memory"], root: true).Health);
        Assert.Equal(Health.Limited, Doctor.Version1(["cpu", "memory"], root: false).Health);
    }

    [Fact]
    public void SubordinateIds_NoneAtAll_AreALimitWithACommand()
    {
        Finding finding = Doctor.SubordinateIdFinding("anna", [], [], "sudo usermod anna");
        Assert.Equal((Health.Limited, "sudo usermod anna"), (finding.Health, finding.Mend));
        Assert.Equal(Health.Fine, Doctor.SubordinateIdFinding("anna", [new IdRange(100000, 65536)], [new IdRange(100000, 65536)], "").Health);
    }

    [Theory]
    [InlineData("1024\n", Health.Limited)]
    [InlineData("0\n", Health.Fine)]
    [InlineData("", Health.Limited)]
    public void LowPorts_ClosedToUsers_AreALimit(string setting, Health health) => Assert.Equal(health, Doctor.LowPorts(setting).Health);
}
