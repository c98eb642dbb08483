using CrunSharp.Oci;
using Xunit;

namespace CrunSharp.Runtime.Tests;

public sealed class DeviceProgramTests
{
    [Theory]
    [InlineData('c', 1, 3, "rw", true)]
    [InlineData('c', 1, 3, "m", true)]
    [InlineData('c', 136, 7, "rw", true)]
    [InlineData('c', 5, 1, "r", false)]
    [InlineData('b', 8, 0, "m", true)]
    [InlineData('b', 8, 0, "r", false)]
    [InlineData('b', 8, 0, "rm", false)]
    [InlineData('b', 1, 3, "r", false)]
    public void Build_OfNoList_AdmitsOnlyWhatEveryContainerHas(char type, uint major, uint minor, string access, bool admitted) =>
        Assert.Equal(admitted, Ask(DeviceRules.For(LinuxResources.None), type, major, minor, access));

    [Theory]
    [InlineData("r", true)]
    [InlineData("rm", true)]
    [InlineData("w", false)]
    [InlineData("rw", false)]
    public void Build_OfARuleForReading_AdmitsNoWriting(string access, bool admitted) =>
        Assert.Equal(admitted, Ask([new DeviceRule(false), new DeviceRule(true, 'b', 8, null, "rm")], 'b', 8, 1, access));

    [Theory]
    [InlineData("r", true)]
    [InlineData("w", false)]
    [InlineData("rw", false)]
    public void Build_OfALaterDenial_OverridesThePermissionInPart(string access, bool admitted) =>
        Assert.Equal(admitted, Ask([new DeviceRule(false), new DeviceRule(true, 'c', 10, 200), new DeviceRule(false, 'c', 10, 200, "w")], 'c', 10, 200, access));

    [Fact]
    public void Build_OfARuleForAll_LeavesOutThoseBeforeIt()
    {
        ulong[] program = DeviceProgram.Build([new DeviceRule(true, 'c', 1, 3), new DeviceRule(true)]);
        Assert.Equal(8, program.Length);
        Assert.True(Run(program, 'b', 8, 0, "rwm"));
    }

    [Fact]
    public void Build_OfNothing_DeniesAll() => Assert.False(Ask([], 'c', 1, 3, "r"));

    private static bool Ask(IEnumerable<DeviceRule> rules, char type, uint major, uint minor, string access) =>
        Run(DeviceProgram.Build(rules), type, major, minor, access);

    // As much of the kernel's machine as such a program uses.
    private static bool Run(ulong[] program, char type, uint major, uint minor, string access)
    {
        uint bits = (access.Contains('m') ? 1u : 0) | (access.Contains('r') ? 2u : 0) | (access.Contains('w') ? 4u : 0);
        uint[] context = [(bits << 16) | (type == 'b' ? 1u : 2u), major, minor];
        uint[] registers = new uint[11];
        for (int at = 0; ; at++)
        {
            ulong code = program[at];
            int destination = (int)(code >> 8) & 0xf, source = (int)(code >> 12) & 0xf;
            short offset = (short)(code >> 16);
            uint value = (uint)(code >> 32);
            switch ((byte)code)
            {
                case 0x61: registers[destination] = context[offset / 4]; break;
                case 0xbc: registers[destination] = registers[source]; break;
                case 0x74: registers[destination] >>= (int)value; break;
                case 0x54: registers[destination] &= value; break;
                case 0xb7: registers[destination] = value; break;
                case 0x56: at += registers[destination] != value ? offset : 0; break;
                case 0x16: at += registers[destination] == value ? offset : 0; break;
                case 0x95: return registers[0] != 0;
                case byte other: throw new NotSupportedException($"0x{other:x}");
            }
        }
    }
}
