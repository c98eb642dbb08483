using System.Runtime.InteropServices;
using System.Text;
using CrunSharp.Oci;

namespace CrunSharp.Runtime;

/// <summary>The flat buffer of a plan: header and steps have their place, texts and data follow as they come.</summary>
internal sealed class PlanBuffer
{
    // A container's plan takes 5 to 20 KB, most of it the filter and the environment.
    private const int FirstSize = 16 << 10;

    private readonly int _steps;
    private byte[] _bytes;
    private int _end;

    public PlanBuffer(int headerSize, int stepCount)
    {
        _steps = (headerSize + 7) & ~7;
        _end = _steps + (stepCount * Marshal.SizeOf<PlanStep>());
        _bytes = new byte[Math.Max(FirstSize, _end * 2)];
    }

    public void Put(int index, in PlanStep step) => MemoryMarshal.Write(_bytes.AsSpan(_steps + (index * Marshal.SizeOf<PlanStep>())), step);

    /// <summary>A text and the NUL that ends it.</summary>
    public uint Text(string text) => SizedText(text).Offset;

    /// <summary>The same with its length, which does not count the NUL.</summary>
    public (uint Offset, uint Size) SizedText(string text)
    {
        // C would see the text end there: a list would gain an entry, a path lose its end.
        if (text.Contains('\0'))
        {
            throw new CrunException("cannot encode the plan", $"'{text.Replace("\0", "\\0", StringComparison.Ordinal)}' holds a NUL character");
        }

        int start = Reserve(Encoding.UTF8.GetMaxByteCount(text.Length) + 1);
        int size = Encoding.UTF8.GetBytes(text, _bytes.AsSpan(start));
        _end = start + size + 1;
        return ((uint)start, (uint)size);
    }

    /// <summary>Each entry with its NUL; the size counts them all.</summary>
    public (uint Offset, uint Size) List(IReadOnlyList<string> entries)
    {
        if (entries.Count == 0)
        {
            return default;
        }

        int start = _end;
        for (int i = 0; i < entries.Count; i++)
        {
            Text(entries[i]);
        }

        return ((uint)start, (uint)(_end - start));
    }

    public (uint Offset, uint Size) Bytes(ReadOnlySpan<byte> data)
    {
        // Numbers are read where they lie. A NUL follows as after any text.
        _end = (_end + 7) & ~7;
        int start = Reserve(data.Length + 1);
        data.CopyTo(_bytes.AsSpan(start));
        _end = start + data.Length + 1;
        return ((uint)start, (uint)data.Length);
    }

    public (uint Offset, uint Size) Numbers(ReadOnlySpan<uint> numbers) => Bytes(MemoryMarshal.AsBytes(numbers));

    /// <summary>The whole plan, where it was put together.</summary>
    public ReadOnlySpan<byte> Finish(PlanHeader header)
    {
        header.Steps = (uint)_steps;
        header.Size = (uint)_end;
        MemoryMarshal.Write(_bytes, header);
        return _bytes.AsSpan(0, _end);
    }

    private int Reserve(int size)
    {
        int needed = _end + size;
        if (needed > PlanLayout.MaxSize)
        {
            throw new CrunException("cannot encode the plan", $"it is larger than {PlanLayout.MaxSize >> 20} MiB: too many arguments, variables or layers");
        }

        if (needed > _bytes.Length)
        {
            Array.Resize(ref _bytes, Math.Max(needed, _bytes.Length * 2));
        }

        return _end;
    }
}
