using CrunSharp.Oci;
using Xunit;

namespace CrunSharp.Networks.Tests;

public sealed class NetworkModeTests
{
    [Theory]
    [InlineData("private", "private")]
    [InlineData("bridge", "private")]
    [InlineData("default", "private")]
    [InlineData("none", "none")]
    [InlineData("host", "host")]
    [InlineData("container:web", "container:web")]
    public void Mode_AsTyped_IsUnderstood(string typed, string mode) => Assert.Equal(mode, NetworkMode.Parse(typed).ToString());

    [Theory]
    [InlineData("")]
    [InlineData("container:")]
    [InlineData("Host")]
    [InlineData("mynet")]
    public void Mode_ThatIsNone_IsRefused(string typed) => Assert.Throws<CrunException>(() => NetworkMode.Parse(typed));
}
