using Xunit;

namespace CrunSharp.Engine.Tests;

public sealed class EtcFilesTests
{
    [Fact]
    public void ResolvConf_WithAHelper_NamesItsServerFirstAndNoneOnLoopback() =>
        Assert.Equal(
            "nameserver 10.0.2.3\nnameserver 9.9.9.9\nsearch example.org\noptions ndots:2\n",
            EtcFiles.ResolvConf("# c\nnameserver 127.0.0.53\nnameserver 9.9.9.9\nsearch  example.org\noptions ndots:2\n", ["10.0.2.3"]));

    [Fact]
    public void ResolvConf_WithManyServers_KeepsWhatResolversRead() =>
        Assert.Equal(
            "nameserver 10.0.2.3\nnameserver 1.1.1.1\nnameserver 2.2.2.2\n",
            EtcFiles.ResolvConf("nameserver 1.1.1.1\nnameserver 2.2.2.2\nnameserver 3.3.3.3\n", ["10.0.2.3"]));
}
