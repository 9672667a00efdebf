--
-- PostgreSQL database dump
--

\restrict nxyBaFAWqmBfbBKeEpcnKMFKyo2aCatVaoIf34ULM6OA2k58zmVPhKAqesawmr6

-- Dumped from database version 18.4
-- Dumped by pg_dump version 18.4

SET statement_timeout = 0;
SET lock_timeout = 0;
SET idle_in_transaction_session_timeout = 0;
SET transaction_timeout = 0;
SET client_encoding = 'UTF8';
SET standard_conforming_strings = on;
SELECT pg_catalog.set_config('search_path', '', false);
SET check_function_bodies = false;
SET xmloption = content;
SET client_min_messages = warning;
SET row_security = off;

--
-- Name: odd "s;; Type: SCHEMA; Schema: -; Owner: postgres
--

CREATE SCHEMA "odd ""s;";


ALTER SCHEMA "odd ""s;" OWNER TO postgres;

--
-- Name: f(integer); Type: FUNCTION; Schema: public; Owner: postgres
--

CREATE FUNCTION public.f(n integer) RETURNS integer
    LANGUAGE plpgsql
    AS $$
BEGIN
  -- COPY x FROM stdin;
  RETURN n + 1;
END $$;


ALTER FUNCTION public.f(n integer) OWNER TO postgres;

--
-- Name: g(); Type: FUNCTION; Schema: public; Owner: postgres
--

CREATE FUNCTION public.g() RETURNS integer
    LANGUAGE sql
    BEGIN ATOMIC
 SELECT 1;
 SELECT 2;
END;


ALTER FUNCTION public.g() OWNER TO postgres;

SET default_tablespace = '';

SET default_table_access_method = heap;

--
-- Name: t;'--; Type: TABLE; Schema: odd "s;; Owner: postgres
--

CREATE TABLE "odd ""s;"."t;'--" (
    a text,
    b text
);


ALTER TABLE "odd ""s;"."t;'--" OWNER TO postgres;

--
-- Name: empty_one; Type: TABLE; Schema: public; Owner: postgres
--

CREATE TABLE public.empty_one (
    id integer
);


ALTER TABLE public.empty_one OWNER TO postgres;

--
-- Name: listings; Type: TABLE; Schema: public; Owner: postgres
--

CREATE TABLE public.listings (
    id bigint NOT NULL,
    title text NOT NULL,
    note text,
    price numeric(10,2),
    CONSTRAINT listings_price_check CHECK ((price >= (0)::numeric))
);


ALTER TABLE public.listings OWNER TO postgres;

--
-- Name: TABLE listings; Type: COMMENT; Schema: public; Owner: postgres
--

COMMENT ON TABLE public.listings IS 'COPY x FROM stdin;
\.
';


--
-- Name: listings_id_seq; Type: SEQUENCE; Schema: public; Owner: postgres
--

ALTER TABLE public.listings ALTER COLUMN id ADD GENERATED ALWAYS AS IDENTITY (
    SEQUENCE NAME public.listings_id_seq
    START WITH 1
    INCREMENT BY 1
    NO MINVALUE
    NO MAXVALUE
    CACHE 1
);


--
-- Name: v; Type: VIEW; Schema: public; Owner: postgres
--

CREATE VIEW public.v AS
 SELECT 'COPY x FROM stdin;
\.
'::text AS c;


ALTER VIEW public.v OWNER TO postgres;

--
-- Data for Name: t;'--; Type: TABLE DATA; Schema: odd "s;; Owner: postgres
--

COPY "odd ""s;"."t;'--" (a, b) FROM stdin;
COPY x FROM stdin;	\\\\.
'	"
\.


--
-- Data for Name: empty_one; Type: TABLE DATA; Schema: public; Owner: postgres
--

COPY public.empty_one (id) FROM stdin;
\.


--
-- Data for Name: listings; Type: TABLE DATA; Schema: public; Owner: postgres
--

COPY public.listings (id, title, note, price) FROM stdin;
1	it's	line\nbreak\r\n	1.50
2	\\.	tab\there	2.00
3	COPY x FROM stdin;	\\.\n	3.00
4	emoji 🙂 é	\N	4.00
5	$$ "quote	-- no comment	5.00
\.


--
-- Name: listings_id_seq; Type: SEQUENCE SET; Schema: public; Owner: postgres
--

SELECT pg_catalog.setval('public.listings_id_seq', 5, true);


--
-- Name: listings listings_pkey; Type: CONSTRAINT; Schema: public; Owner: postgres
--

ALTER TABLE ONLY public.listings
    ADD CONSTRAINT listings_pkey PRIMARY KEY (id);


--
-- Name: listings_title; Type: INDEX; Schema: public; Owner: postgres
--

CREATE INDEX listings_title ON public.listings USING btree (title);


--
-- PostgreSQL database dump complete
--

\unrestrict nxyBaFAWqmBfbBKeEpcnKMFKyo2aCatVaoIf34ULM6OA2k58zmVPhKAqesawmr6

