using CrunSharp.Oci;
using Xunit;

namespace CrunSharp.Oci.Tests;

public sealed class WordsOfTheKernelTests
{
    [Theory]
    [InlineData("CAP_SYS_ADMIN", 21)]
    [InlineData("sys_admin", 21)]
    [InlineData("CAP_CHECKPOINT_RESTORE", 40)]
    [InlineData("chown", 0)]
    public void Capability_ByAnyOfItsNames_HasTheKernelsNumber(string name, int number)
    {
        Assert.True(Capability.TryParse(name, out int found));
        Assert.Equal(number, found);
    }

    [Theory]
    [InlineData("")]
    [InlineData("CAP_")]
    [InlineData("CAP_ALL")]
    [InlineData("CAP_CAP_CHOWN")]
    public void Capability_Unknown_IsNone(string name) => Assert.False(Capability.TryParse(name, out _));

    [Theory]
    [InlineData("net.ipv4.ip_forward", "net/ipv4/ip_forward")]
    [InlineData("net/ipv4/conf/eth0.1/forwarding", "net/ipv4/conf/eth0.1/forwarding")]
    [InlineData("net.ipv4.conf.eth0/1.forwarding", "net/ipv4/conf/eth0.1/forwarding")]
    public void Sysctl_Name_BecomesItsPath(string name, string path) => Assert.Equal(path, Sysctl.PathOf(name));

    [Theory]
    [InlineData("net/ipv4/ip_forward", NamespaceType.Network)]
    [InlineData("kernel/shmmax", NamespaceType.Ipc)]
    [InlineData("fs/mqueue/msg_max", NamespaceType.Ipc)]
    [InlineData("kernel/domainname", NamespaceType.Uts)]
    public void Sysctl_OfANamespace_NamesIt(string path, NamespaceType owner) => Assert.Equal(owner, Sysctl.OwnerOf(path));

    [Theory]
    [InlineData("kernel/core_pattern")]
    [InlineData("net/../kernel/core_pattern")]
    [InlineData("net//ipv4")]
    [InlineData("fs/mqueue/../../kernel/core_pattern")]
    [InlineData("kernel/shmmax/x")]
    [InlineData("net")]
    [InlineData("")]
    public void Sysctl_OfTheHostOrOutOfItsDirectory_HasNoOwner(string path) => Assert.Null(Sysctl.OwnerOf(path));
}
